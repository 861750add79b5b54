/** Decimal digits that always survive a trip through float32, and the most one ever needs. */
const SAFE_DIGITS = 6;
const MOST_DIGITS = 9;
/** Between these a number is written digit by digit, and ten to the digits needed is an exact double. */
const SMALLEST_PLAIN = 1e-5;
const LARGEST_PLAIN = 1e7;
/** From here on whole numbers are printed with an exponent. */
const SMALLEST_EXPONENTIAL = 1e13;
const POWERS_OF_TEN = Array.from({ length: 15 }, (_, exponent) => 10 ** exponent);
/** A sign, nine digits, a point, and up to five zeros; or an exponent. */
export const MAX_FLOAT32_TEXT_BYTES = 24;

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;

const scratch = new Uint8Array(MAX_FLOAT32_TEXT_BYTES);

/**
 * The shortest decimal text that reads back as the same float32, as ChromaDB prints them: `0.1`, not
 * `0.10000000149011612`. Whole numbers keep a `.0`, so that typed clients still read a float.
 * @param value a finite float32
 */
export function float32Text(value: number): string {
  return String.fromCharCode(...scratch.subarray(0, writeFloat32(scratch, 0, value)));
}

/**
 * Writes `float32Text` as ASCII.
 * @param bytes with room for MAX_FLOAT32_TEXT_BYTES from `at` on
 * @returns where the text ends
 */
export function writeFloat32(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  if (size < SMALLEST_PLAIN || size >= LARGEST_PLAIN) return writeText(bytes, at, otherText(value));
  let next = at;
  if (value < 0) bytes[next++] = MINUS;
  const whole = digitsBeforePoint(size);
  // What needs fewer digits than these ends in zeros, which are cut off.
  for (let digits = SAFE_DIGITS; ; digits++) {
    const decimals = Math.max(0, digits - whole);
    const scale = POWERS_OF_TEN[decimals] ?? 1;
    const nearest = roundedToEven(size * scale);
    const isSame = digits >= MOST_DIGITS || Math.fround(nearest / scale) === size;
    if (isSame) return writeDecimal(bytes, next, nearest, decimals);
    // Just above a power of two the next float32 is farther than the last: the decimal beyond may do.
    const other = nearest > size * scale ? nearest - 1 : nearest + 1;
    if (Math.fround(other / scale) === size) return writeDecimal(bytes, next, other, decimals);
  }
}

function roundedToEven(scaled: number): number {
  const below = Math.floor(scaled);
  const fraction = scaled - below;
  return fraction > 0.5 || (fraction === 0.5 && below % 2 === 1) ? below + 1 : below;
}

/** One for 1 to 9.99, zero for 0.1 to 0.99, less for each zero behind the point. */
function digitsBeforePoint(size: number): number {
  if (size >= 1) {
    let digits = 1;
    while (size >= (POWERS_OF_TEN[digits] ?? Infinity)) digits++;
    return digits;
  }
  let zeros = 0;
  while (size * (POWERS_OF_TEN[zeros + 1] ?? 1) < 1) zeros++;
  return -zeros;
}

/** Writes `mantissa` with its last `decimals` digits behind the point, of which at least one is kept. */
function writeDecimal(bytes: Uint8Array, at: number, mantissa: number, decimals: number): number {
  let [rest, behind] = [mantissa, decimals];
  while (behind > 1 && rest % 10 === 0) {
    rest /= 10;
    behind--;
  }
  const scale = POWERS_OF_TEN[behind] ?? 1;
  const whole = Math.floor(rest / scale);
  const next = writeDigits(bytes, at, whole, whole < 10 ? 1 : digitsBeforePoint(whole));
  bytes[next] = POINT;
  return writeDigits(bytes, next + 1, rest - whole * scale, Math.max(1, behind));
}

function writeDigits(bytes: Uint8Array, at: number, value: number, count: number): number {
  let rest = value;
  for (let place = at + count - 1; place >= at; place--) {
    const tenth = Math.floor(rest / 10);
    bytes[place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + count;
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Zero, and what is too small or too large for a plain decimal. */
function otherText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const text = shortestText(Math.abs(value));
  return value < 0 ? `-${text}` : text;
}

/** Where a float32 has more or fewer significant digits than the safe number. */
function shortestText(size: number): string {
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const [mantissa = '', exponent = ''] = size.toExponential(digits - 1).split('e');
    const whole = Number(mantissa.replace('.', ''));
    for (const each of [whole, whole + 1]) {
      const candidate = Number(`${each}e${Number(exponent) - digits + 1}`);
      if (Math.fround(candidate) === size) return textOf(candidate);
    }
  }
  return textOf(Number(size.toPrecision(MOST_DIGITS)));
}

function textOf(number: number): string {
  if (number >= SMALLEST_EXPONENTIAL) return number.toExponential();
  return Number.isInteger(number) ? `${number}.0` : String(number);
}
