import type { JsonCursor } from '../vector/json-cursor.js';

/** A digit and a comma. */
const LEAST_BYTES_PER_FLOAT = 2;
const MOST_KEPT_FLOATS = 1024 * 1024;

/** Used again by each reading, as zeroing so much memory for each takes longer than reading. */
let kept = new Float32Array(16 * 1024);

/**
 * Room for all numbers that the rest of the body can hold; what is read into it must be copied out at once.
 */
export function roomForVectors({ bytes, position }: JsonCursor): Float32Array<ArrayBuffer> {
  const floats = Math.ceil((bytes.length - position) / LEAST_BYTES_PER_FLOAT);
  if (floats <= kept.length) return kept;
  const larger = new Float32Array(floats);
  if (floats <= MOST_KEPT_FLOATS) kept = larger;
  return larger;
}
