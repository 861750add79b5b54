import { areFinite } from '../vector/finite-vector.js';
import { JsonCursor, JsonSyntaxError } from '../vector/json-cursor.js';
import type { NoAnswer } from './hot-protocol.js';

/**
 * Reads query vectors from the JSON as which they were sent. Yields after each: a body may hold thousands.
 * @param count how many there should be
 * @returns why ChromaDB must judge them, where they are not so many finite float32 of this dimension
 */
export function* readQueryVectors(
  json: Uint8Array,
  count: number,
  dimension: number,
): Generator<void, readonly Float32Array[] | NoAnswer> {
  const cursor = new JsonCursor(json);
  const vectors: Float32Array[] = [];
  try {
    for (const index of cursor.elements()) {
      if (index === count) return 'opaque';
      const vector = new Float32Array(dimension);
      if (cursor.floats(vector, 0) !== dimension) return 'dimension';
      if (!areFinite(vector)) return 'opaque';
      vectors.push(vector);
      yield;
    }
    cursor.end();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return 'opaque';
    throw error;
  }
  return vectors.length === count ? vectors : 'opaque';
}
