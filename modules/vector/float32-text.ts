/** Decimal digits that always survive a trip through float32, and the most one ever needs. */
const SAFE_DIGITS = 6;
const MOST_DIGITS = 9;
/** Between these, ten to the digits needed is an exact double. */
const SMALLEST_FAST = 1e-10;
const LARGEST_FAST = 1e9;
/** From here on whole numbers are printed with an exponent. */
const SMALLEST_EXPONENTIAL = 1e13;
/** Bounds what multiplying by a power of ten changes in the fraction of a number of nine digits. */
const SCALING_ERROR = 1e-6;

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
  const number = shortest(value);
  return Math.abs(number) < SMALLEST_EXPONENTIAL ? `${number}.0` : number.toExponential();
}

/** The double whose own shortest text is the shortest that reads back as the float32 `value`. */
function shortest(value: number): number {
  const size = Math.abs(value);
  const found = size >= SMALLEST_FAST && size < LARGEST_FAST ? shortestByScaling(size) : shortestByText(size);
  return value < 0 ? -found : found;
}

/** Of the two decimals around it, with ever more digits, the first that reads back; the even one in a tie. */
function shortestByScaling(size: number): number {
  const exponent = Math.floor(Math.log10(size));
  for (let digits = SAFE_DIGITS; ; digits++) {
    const decimals = digits - 1 - exponent;
    const scaled = decimals < 0 ? size / 10 ** -decimals : size * 10 ** decimals;
    const below = Math.floor(scaled);
    const first = isAboveMiddle(size, scaled - below, below) ? below + 1 : below;
    const candidate = unscaled(first, decimals);
    if (Math.fround(candidate) === size || digits === MOST_DIGITS) return candidate;
    const other = unscaled(first === below ? below + 1 : below, decimals);
    if (Math.fround(other) === size) return other;
  }
}

function unscaled(whole: number, decimals: number): number {
  return decimals < 0 ? whole * 10 ** -decimals : whole / 10 ** decimals;
}

/** Whether the whole number above is the one to take; `fraction` is what is left above the one below. */
function isAboveMiddle(size: number, fraction: number, below: number): boolean {
  if (Math.abs(fraction - 0.5) > SCALING_ERROR) return fraction > 0.5;
  // All digits there are, of which those of the number below are the first.
  const digits = size.toExponential(99).replace('.', '');
  const rest = digits.slice(String(below).length, digits.indexOf('e')).replace(/0+$/, '');
  return rest === '5' ? below % 2 === 1 : rest > '5';
}

/**
 * Where a float32 has more or fewer significant digits than the safe number. Above a power of two the next
 * float32 is farther than below, so that the decimal beyond may read back where the nearest does not.
 */
function shortestByText(size: number): number {
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const [mantissa = '', exponent = ''] = size.toExponential(digits - 1).split('e');
    const whole = Number(mantissa.replace('.', ''));
    for (const each of [whole, whole + 1]) {
      const candidate = Number(`${each}e${Number(exponent) - digits + 1}`);
      if (Math.fround(candidate) === size) return candidate;
    }
  }
  return Number(size.toPrecision(MOST_DIGITS));
}
