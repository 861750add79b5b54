import type { Measured } from '../vector/distance.js';
import type { Space } from '../vector/read-request.js';
import { FLOATS_PER_TURN, simdSums, TURN_BYTES, type Sums } from './simd-sums.js';

const MAX_FLOATS = 65_536;
const RIGHT_AT = MAX_FLOATS * Float32Array.BYTES_PER_ELEMENT;
/** Lengths below lose their last bits in single precision, or all of them. */
const LEAST_LENGTH = 1e-15;
/** Twice the unit roundoff of single precision. */
const SINGLE_ROUNDING = 2 ** -23;

/** Where vectors of one length are put to be summed over. */
class SummedPair {
  private readonly left: Float32Array;
  private readonly right: Float32Array;
  private readonly sums: Sums;
  /** What lies in `left`. */
  private from: Float32Array | undefined;

  constructor() {
    const { memory, sums } = simdSums(2 * RIGHT_AT);
    this.left = new Float32Array(memory, 0, MAX_FLOATS);
    this.right = new Float32Array(memory, RIGHT_AT, MAX_FLOATS);
    this.sums = sums;
  }

  /** Cheapest where `from`, which must not change meanwhile, is that of the last call. */
  dot(from: Float32Array, to: Float32Array): number {
    return this.sums.dot(0, RIGHT_AT, this.place(from, to));
  }

  squaredDistance(from: Float32Array, to: Float32Array): number {
    return this.sums.squared(0, RIGHT_AT, this.place(from, to));
  }

  /** @returns where the left vector ends, with its padding */
  private place(from: Float32Array, to: Float32Array): number {
    if (from !== this.from) {
      // Padding is zero, and so adds nothing.
      if (from.length !== this.from?.length) for (const side of [this.left, this.right]) side.fill(0);
      this.left.set(from);
      this.from = from;
    }
    this.right.set(to);
    return Math.ceil(from.length / FLOATS_PER_TURN) * TURN_BYTES;
  }
}

const pair = new SummedPair();

/**
 * A bound below the distance of the space between two vectors of one length, and next to it: what rounding in
 * single precision makes of it at the most is taken off (Higham, Accuracy and Stability of Numerical
 * Algorithms, 3.1). No finite number where it cannot be told.
 */
export function leastDistance(space: Space, from: Measured, to: Measured): number {
  const { length } = from.vector;
  const isTold = length <= MAX_FLOATS && from.norm >= LEAST_LENGTH && to.norm >= LEAST_LENGTH;
  if (!isTold) return Number.NaN;
  const error = (length / FLOATS_PER_TURN + 8) * SINGLE_ROUNDING;
  if (space === 'l2') {
    const squared = pair.squaredDistance(from.vector, to.vector);
    return squared < LEAST_LENGTH ** 2 ? Number.NaN : squared * (1 - error);
  }
  const product = pair.dot(from.vector, to.vector);
  const lengths = from.norm * to.norm;
  return space === 'ip' ? 1 - product - error * lengths : 1 - product / lengths - error;
}
