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

const SPACE_BYTES = new Set([0x20, 0x09, 0x0a, 0x0d]);
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
    while (SPACE_BYTES.has(this.byte())) this.position++;
    return this.byte();
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
    this.take(OPEN_OBJECT, 'expected an object');
    if (this.skipIf(CLOSE_OBJECT)) return;
    do {
      this.peek();
      const key = this.string();
      this.take(COLON, 'expected a colon');
      if (visit(key) === false) return;
    } while (this.skipIf(COMMA));
    this.take(CLOSE_OBJECT, 'expected the end of an object');
  }

  /** Calls `visit` at each element, which it must consume. */
  array(visit: (index: number) => void): void {
    this.take(OPEN_ARRAY, 'expected an array');
    if (this.skipIf(CLOSE_ARRAY)) return;
    let index = 0;
    do visit(index++);
    while (this.skipIf(COMMA));
    this.take(CLOSE_ARRAY, 'expected the end of an array');
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
    const slice = this.bytes.subarray(start, end);
    const text = decode(slice, start);
    return text.includes('\\') ? unescape(text, start) : text.slice(1, -1);
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
   * A number as a double whose `Math.fround` is the number's float32. Up to 15 significant digits are
   * correctly rounded; beyond, the error stays below 2^-50 relative, which tells only next to the middle of
   * two floats.
   */
  number(): number {
    this.peek();
    const start = this.position;
    const negative = this.skipIfHere(MINUS);
    let mantissa = this.digits(0);
    if (this.position - start > (negative ? 2 : 1) && this.bytes[start + (negative ? 1 : 0)] === ZERO) {
      this.fail('invalid number');
    }
    let exponent = 0;
    if (this.skipIfHere(POINT)) {
      const point = this.position;
      mantissa = this.digits(mantissa);
      exponent = point - this.position;
    }
    if ((this.byte() | 0x20) === 0x65) {
      this.position++;
      const down = this.skipIfHere(MINUS);
      if (!down) this.skipIfHere(PLUS);
      const shift = this.digits(0);
      exponent += down ? -shift : shift;
    }
    const magnitude = this.scaled(mantissa, exponent, start, negative);
    return negative ? -magnitude : magnitude;
  }

  private scaled(mantissa: number, exponent: number, start: number, negative: boolean): number {
    const power = POWERS_OF_TEN[Math.abs(exponent)];
    if (power !== undefined) {
      const value = exponent < 0 ? mantissa / power : mantissa * power;
      if (mantissa <= Number.MAX_SAFE_INTEGER || !isBetweenFloats(value)) return value;
    }
    return Number(decode(this.bytes.subarray(negative ? start + 1 : start, this.position), start));
  }

  private digits(initial: number): number {
    const start = this.position;
    let value = initial;
    for (let byte = this.byte(); byte >= ZERO && byte <= NINE; byte = this.byte()) {
      value = value * 10 + (byte - ZERO);
      this.position++;
    }
    if (this.position === start) this.fail('expected a value');
    return value;
  }

  private skipObject(depth: number): void {
    this.object(() => void this.value(depth + 1));
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
