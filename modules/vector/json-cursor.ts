/** The bytes are not the JSON that was expected. */
export class JsonSyntaxError extends Error {
  constructor(what: string, position: number) {
    super(`${what} at byte ${position}`);
  }
}

/** As serde_json, which ChromaDB reads with: it refuses surrogates that stand alone, and deeper nesting. */
const HALF_A_PAIR = /\p{Surrogate}/u;
const MAX_DEPTH = 127;
/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Bounds what adding up more than 15 digits in a double loses, relative to the number. */
const ROUNDING_ERROR = 2 ** -49;

/** Strings up to so many bytes are read byte by byte. */
const SHORT_BYTES = 32;

const FIRST_BEYOND_ASCII = 0x80;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A strict reader over JSON bytes that hands out raw slices and floats without building objects, so that
 * numbers keep their text (`1.0` stays a float, large integers keep every digit) and vectors are not boxed.
 * Every method throws JsonSyntaxError where the bytes do not fit.
 */
export class JsonCursor {
  position: number;

  constructor(
    readonly bytes: Uint8Array,
    position = 0,
  ) {
    this.position = position;
  }

  /** The next byte that is not white space, not consumed; 0 at the end. */
  peek(): number {
    let byte = this.byte();
    while (isSpace(byte)) {
      this.position++;
      byte = this.byte();
    }
    return byte;
  }

  /** Nothing but white space is left. */
  end(): void {
    this.peek();
    if (this.position < this.bytes.length) this.fail('trailing characters');
  }

  /**
   * Calls `visit` at each member's value, which it must consume; `false` leaves the rest of the object
   * unread.
   */
  object(visit: (key: string) => boolean | void): void {
    for (const key of this.members()) if (visit(key) === false) return;
  }

  /** As `object`, for a reader that pauses between members. */
  *members(): Generator<string, void> {
    this.take(OPEN_OBJECT, 'expected an object');
    if (this.skipIf(CLOSE_OBJECT)) return;
    do {
      this.peek();
      const key = this.string();
      this.take(COLON, 'expected a colon');
      yield key;
    } while (this.skipIf(COMMA));
    this.take(CLOSE_OBJECT, 'expected the end of an object');
  }

  /** As `array`, for a reader that pauses between elements. */
  *elements(): Generator<number, void> {
    this.take(OPEN_ARRAY, 'expected an array');
    if (this.skipIf(CLOSE_ARRAY)) return;
    let index = 0;
    do yield index++;
    while (this.skipIf(COMMA));
    this.take(CLOSE_ARRAY, 'expected the end of an array');
  }

  /** Calls `visit` at each element, which it must consume. */
  array(visit: (index: number) => void): void {
    for (const index of this.elements()) visit(index);
  }

  /** Consumes `null` if it is next. */
  isNull(): boolean {
    if (this.peek() !== 0x6e) return false;
    this.literal('null');
    return true;
  }

  string(): string {
    const { start, end } = this.value();
    if (this.bytes[start] !== QUOTE) this.fail('expected a string');
    const plain = this.shortPlain(start + 1, end - 1);
    if (plain !== undefined) return plain;
    const slice = this.bytes.subarray(start, end);
    const text = decode(slice, start);
    return text.includes('\\') ? unescape(text, start) : text.slice(1, -1);
  }

  /**
   * Looks at the next value without consuming it: with so much around it, it must not be nested too deeply.
   */
  checkDepth(around: number): void {
    new JsonCursor(this.bytes, this.position).value(around);
  }

  /** Skips one value of any kind and tells where it stands. */
  value(depth = 0): { readonly start: number; readonly end: number } {
    const first = this.peek();
    const start = this.position;
    if (depth > MAX_DEPTH) this.fail('recursion limit exceeded');
    if (first === QUOTE) this.skipString();
    else if (first === OPEN_OBJECT) this.skipObject(depth);
    else if (first === OPEN_ARRAY) this.array(() => void this.value(depth + 1));
    else if (first === 0x74) this.literal('true');
    else if (first === 0x66) this.literal('false');
    else if (first === 0x6e) this.literal('null');
    else this.number();
    return { start, end: this.position };
  }

  /**
   * Skips an array of numbers by its closing bracket alone, many times as fast as `value`: what stands in it
   * is not checked.
   * @returns its bytes; undefined, with nothing consumed, where no array is next
   */
  flatArray(): Buffer | undefined {
    if (this.peek() !== OPEN_ARRAY) return undefined;
    const start = this.position;
    this.skipPast(CLOSE_ARRAY, 'expected the end of an array');
    return this.flat(start, this.position);
  }

  /**
   * Skips a string by its closing quote alone: what stands in it, which may be an escape, is not checked.
   * @returns its bytes without the quotes
   */
  flatString(): Buffer {
    this.take(QUOTE, 'expected a string');
    const start = this.position;
    this.skipPast(QUOTE, 'expected the end of a string');
    return this.flat(start, this.position - 1);
  }

  /**
   * A number as a double whose `Math.fround` is the number's float32. Up to 15 significant digits are
   * correctly rounded; beyond, the error stays below 2^-50 relative, which tells only next to the middle of
   * two floats.
   */
  number(): number {
    let byte = this.peek();
    // Vectors are most of what is read: locals instead of fields make this loop three times as fast.
    const { bytes, position: start } = this;
    let at = start;
    const negative = byte === MINUS;
    if (negative) byte = bytes[++at] ?? 0;
    const first = at;
    let mantissa = 0;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at] ?? 0) mantissa = mantissa * 10 + (byte - ZERO);
    if (at === first) this.fail('expected a value');
    if (at > first + 1 && bytes[first] === ZERO) this.fail('invalid number');
    let exponent = 0;
    if (byte === POINT) {
      const point = ++at;
      byte = bytes[at] ?? 0;
      for (; byte >= ZERO && byte <= NINE; byte = bytes[++at] ?? 0) mantissa = mantissa * 10 + (byte - ZERO);
      if (at === point) this.fail('expected a value');
      exponent = point - at;
    }
    this.position = at;
    if ((byte | 0x20) === 0x65) exponent += this.exponent();
    const magnitude = this.scaled(mantissa, exponent, start, negative);
    return negative ? -magnitude : magnitude;
  }

  /**
   * Reads an array of numbers into `target` from `at` on; what does not fit there is read and lost.
   * @returns how many numbers the array has
   */
  floats(target: Float32Array | Float64Array, at: number): number {
    this.take(OPEN_ARRAY, 'expected an array');
    if (this.skipIf(CLOSE_ARRAY)) return 0;
    let count = 0;
    do target[at + count++] = this.number();
    while (this.skipIf(COMMA));
    this.take(CLOSE_ARRAY, 'expected the end of an array');
    return count;
  }

  private exponent(): number {
    this.position++;
    const down = this.skipIfHere(MINUS);
    if (!down) this.skipIfHere(PLUS);
    const start = this.position;
    let value = 0;
    for (let byte = this.byte(); byte >= ZERO && byte <= NINE; byte = this.byte()) {
      value = value * 10 + (byte - ZERO);
      this.position++;
    }
    if (this.position === start) this.fail('expected a value');
    return down ? -value : value;
  }

  private scaled(mantissa: number, exponent: number, start: number, negative: boolean): number {
    const power = POWERS_OF_TEN[Math.abs(exponent)];
    if (power !== undefined) {
      const value = exponent < 0 ? mantissa / power : mantissa * power;
      if (mantissa <= Number.MAX_SAFE_INTEGER || !isBetweenFloats(value)) return value;
    }
    return Number(decode(this.bytes.subarray(negative ? start + 1 : start, this.position), start));
  }

  private skipPast(byte: number, otherwise: string): void {
    const at = this.bytes.indexOf(byte, this.position);
    if (at < 0) this.fail(otherwise);
    this.position = at + 1;
  }

  private flat(start: number, end: number): Buffer {
    const { buffer, byteOffset } = this.bytes;
    return Buffer.from(buffer, byteOffset + start, end - start);
  }

  private skipObject(depth: number): void {
    this.object(() => void this.value(depth + 1));
  }

  /** Ids and keys: half the time that the decoder takes for so little; undefined for what it must see. */
  private shortPlain(start: number, end: number): string | undefined {
    if (end - start > SHORT_BYTES) return undefined;
    let text = '';
    for (let at = start; at < end; at++) {
      const byte = this.bytes[at] ?? 0;
      if (byte >= FIRST_BEYOND_ASCII || byte === BACKSLASH) return undefined;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private skipString(): void {
    this.position++;
    for (;;) {
      const byte = this.byte();
      if (byte === QUOTE) break;
      if (byte < 0x20) this.fail('control character or end inside a string');
      this.position += byte === BACKSLASH ? 2 : 1;
    }
    this.position++;
  }

  private literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.bytes[this.position + i] !== word.charCodeAt(i)) this.fail('expected a value');
    }
    this.position += word.length;
  }

  private byte(): number {
    return this.bytes[this.position] ?? 0;
  }

  private take(byte: number, otherwise: string): void {
    if (!this.skipIf(byte)) this.fail(otherwise);
  }

  private skipIf(byte: number): boolean {
    this.peek();
    return this.skipIfHere(byte);
  }

  private skipIfHere(byte: number): boolean {
    if (this.byte() !== byte) return false;
    this.position++;
    return true;
  }

  private fail(what: string): never {
    throw new JsonSyntaxError(what, this.position);
  }
}

function isSpace(byte: number): boolean {
  // Next to nothing is below a space: the others are compared with one byte.
  return byte <= SPACE && (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB);
}

/** Whether the last bits of a double decide which float32 it is rounded to. */
function isBetweenFloats(value: number): boolean {
  return Math.fround(value * (1 - ROUNDING_ERROR)) !== Math.fround(value * (1 + ROUNDING_ERROR));
}

function decode(bytes: Uint8Array, position: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new JsonSyntaxError('invalid UTF-8', position);
  }
}

function unescape(text: string, position: number): string {
  try {
    const unescaped = JSON.parse(text) as string;
    if (!HALF_A_PAIR.test(unescaped)) return unescaped;
  } catch {
    // Told below.
  }
  throw new JsonSyntaxError('invalid escape', position);
}
