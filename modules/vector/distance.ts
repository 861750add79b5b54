import type { Space } from './read-request.js';

/** Keeps a vector of zeros from dividing by zero, as hnswlib does. */
const TINY = 1e-30;

/** A vector with its length in the Euclidean sense, so that it is not measured anew for each distance. */
export interface Measured {
  readonly vector: Float32Array;
  readonly norm: number;
}

export function norm(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

/**
 * The distance of ChromaDB's space between two vectors of one length: `l2` is the squared Euclidean distance,
 * `ip` is 1 − a·b, `cosine` is 1 − a·b / (|a|·|b|).
 */
export function distance(space: Space, a: Measured, b: Measured): number {
  if (space === 'l2') return squaredDistance(a.vector, b.vector);
  const product = dot(a.vector, b.vector);
  if (space === 'ip') return 1 - product;
  return 1 - product / (a.norm + TINY) / (b.norm + TINY);
}

/** Four sums side by side: the processor need not wait for one to be ready before it begins the next. */
function dot(a: Float32Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const even = a.length & ~3;
  for (let i = 0; i < even; i += 4) {
    s0 += at(a, i) * at(b, i);
    s1 += at(a, i + 1) * at(b, i + 1);
    s2 += at(a, i + 2) * at(b, i + 2);
    s3 += at(a, i + 3) * at(b, i + 3);
  }
  for (let i = even; i < a.length; i++) s0 += at(a, i) * at(b, i);
  return s0 + s1 + s2 + s3;
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = at(a, i) - at(b, i);
    sum += difference * difference;
  }
  return sum;
}

function at(vector: Float32Array, index: number): number {
  return vector[index] ?? 0;
}
