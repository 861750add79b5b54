/** Decimal digits that always survive a trip through float32, and the most one ever needs. */
const SAFE_DIGITS = 6;
const MOST_DIGITS = 9;
/** Between these, ten to the digits needed is an exact double. */
const SMALLEST_FAST = 1e-10;
const LARGEST_FAST = 1e9;

/**
 * The shortest decimal text that reads back as the same float32, as ChromaDB prints them: `0.1`, not
 * `0.10000000149011612`. Whole numbers keep a `.0`, so that typed clients still read a float.
 * @param value a finite float32
 */
export function float32Text(value: number): string {
  if (Number.isInteger(value)) return Object.is(value, -0) ? '-0.0' : wholeText(value);
  return String(shortest(value));
}

function wholeText(value: number): string {
  const text = String(shortest(value));
  return text.includes('e') ? text : `${text}.0`;
}

/** The double whose own shortest text is the shortest that reads back as the float32 `value`. */
function shortest(value: number): number {
  const size = Math.abs(value);
  const fast = size >= SMALLEST_FAST && size < LARGEST_FAST;
  const exponent = fast ? Math.floor(Math.log10(size)) : 0;
  // Below the normal range a float32 has fewer significant digits than the safe number.
  for (let digits = fast ? SAFE_DIGITS : 1; digits < MOST_DIGITS; digits++) {
    const candidate = fast ? rounded(value, digits - 1 - exponent) : Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(MOST_DIGITS));
}

function rounded(value: number, decimals: number): number {
  if (decimals < 0) {
    const scale = 10 ** -decimals;
    return Math.round(value / scale) * scale;
  }
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
