/** Vectors that must have been foreseen to the last bit before what is foreseen is taken for certain. */
const NEEDED_PROOFS = 500;
/** Lanes in which ChromaDB's hnswlib sums squares, and what it adds to a norm, on x86-64. */
const LANES = 4;
const LEAST_NORM = Math.fround(1e-30);

/**
 * What ChromaDB gives back of a vector in a collection of cosine distance, found out by comparing: it keeps
 * the vector normalized, with its norm, and multiplies again; each step rounds to float32.
 */
export function storedCosine(vector: Float32Array): Float32Array {
  const { fround } = Math;
  const norm = fround(Math.sqrt(sumOfSquares(vector)));
  const factor = fround(1 / fround(norm + LEAST_NORM));
  const stored = new Float32Array(vector.length);
  for (let at = 0; at < vector.length; at++) stored[at] = fround((vector[at] ?? 0) * factor) * norm;
  return stored;
}

function sumOfSquares(vector: Float32Array): number {
  const { fround } = Math;
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = vector.length - (vector.length % LANES);
  for (let at = 0; at < whole; at += LANES) {
    a = fround(a + square(vector, at));
    b = fround(b + square(vector, at + 1));
    c = fround(c + square(vector, at + 2));
    d = fround(d + square(vector, at + 3));
  }
  let sum = fround(fround(a + c) + fround(b + d));
  for (let at = whole; at < vector.length; at++) sum = fround(sum + square(vector, at));
  return sum;
}

function square(vector: Float32Array, at: number): number {
  const value = vector[at] ?? 0;
  return Math.fround(value * value);
}

/**
 * Whether what `storedCosine` foresees is what this ChromaDB does: another build of it may sum in another
 * order. It counts as certain when enough vectors came back as foreseen, and never again after one did not.
 */
export class CosineStorage {
  private proofs = 0;
  private refuted = false;
  private readonly expected = new Map<string, Float32Array>();

  get isProven(): boolean {
    return !this.refuted && this.proofs >= NEEDED_PROOFS;
  }

  /** The record, which was just written with this vector, is about to be read back. */
  expect(key: string, written: Float32Array): void {
    if (this.refuted) return;
    // Those that were never read back have been deleted meanwhile.
    if (this.expected.size >= NEEDED_PROOFS) this.expected.clear();
    this.expected.set(key, storedCosine(written));
  }

  /** The record was read back. */
  check(key: string, read: Float32Array): void {
    const expected = this.expected.get(key);
    if (expected === undefined) return;
    this.expected.delete(key);
    if (expected.every((value, index) => Object.is(value, read[index]))) this.proofs++;
    else this.refuted = true;
  }
}
