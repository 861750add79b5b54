/** Decimal digits that always survive a trip through float32, and the most one ever needs. */
const SAFE_DIGITS = 6;
const MOST_DIGITS = 9;
/** Between these a number is written digit by digit, and ten to the digits needed is an exact double. */
const SMALLEST_PLAIN = 1e-5;
const LARGEST_PLAIN = 1e7;
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
  // Seven digits: what needs fewer ends in zeros then, which are cut off.
  for (let digits = SAFE_DIGITS + 1; ; digits++) {
    const decimals = Math.max(0, digits - whole);
    const scale = POWERS_OF_TEN[decimals] ?? 1;
    const mantissa = Math.round(size * scale);
    const isSame = digits >= MOST_DIGITS || Math.fround(mantissa / scale) === size;
    if (isSame) return writeDecimal(bytes, next, mantissa, decimals);
  }
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
  // Below the normal range a float32 has fewer significant digits than the safe number.
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return withPoint(String(candidate));
  }
  return withPoint(String(Number(value.toPrecision(MOST_DIGITS))));
}

function withPoint(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}
