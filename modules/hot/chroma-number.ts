/** Sign, whole digits, decimals, exponent. */
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const MOST_DIGITS = 2n ** 64n - 1n;
/** Powers of ten beyond are no doubles. */
const LARGEST_EXPONENT = 308;
/** Places of the decimal point at which a number is written without an exponent. */
const LEAST_POINT = -4;
const MOST_POINT = 16;

/**
 * The double that ChromaDB reads from a decimal. It reads with serde_json, without its feature
 * `float_roundtrip`: all digits as one whole number of 64 bits, rounded to a double, times or divided by a
 * power of ten, rounded again (`f64_from_parts` in its `de.rs`). So from 16 digits on it may be a neighbour
 * of the nearest double.
 * @returns undefined where the digits or the power are too large to go that way
 */
export function chromaDouble(text: string): number | undefined {
  const [, sign, whole = '', decimals = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const digits = BigInt(whole + decimals);
  const power = Number(exponent) - decimals.length;
  if (digits > MOST_DIGITS || Math.abs(power) > LARGEST_EXPONENT) return undefined;
  const scale = Number(`1e${Math.abs(power)}`);
  const magnitude = power < 0 ? Number(digits) / scale : Number(digits) * scale;
  if (!Number.isFinite(magnitude)) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

/**
 * What ChromaDB gives back of a float in metadata. Found out by comparing: it reads the text, prints it as
 * the shortest decimal of the double that it read, and does both once more.
 * @returns undefined where that is not certain
 */
export function chromaFloatText(text: string): string | undefined {
  const once = shortest(chromaDouble(text));
  return once === undefined ? undefined : shortest(chromaDouble(once));
}

/** As serde_json prints a double. Zero is left out: SQLite does not keep its sign. */
function shortest(value: number | undefined): string | undefined {
  if (value === undefined || value === 0) return undefined;
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  return `${value < 0 ? '-' : ''}${pointed(digits, point) ?? `${mantissa}e${exponent}`}`;
}

/** Digits with the decimal point behind so many of them; undefined where it is too far off. */
function pointed(digits: string, point: number): string | undefined {
  if (point < LEAST_POINT || point > MOST_POINT) return undefined;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  return `${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
}
