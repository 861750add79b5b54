import { areFinite } from '../vector/finite-vector.js';
import { JsonCursor, JsonSyntaxError } from '../vector/json-cursor.js';
import { finish } from './finish.js';
import type { NearestRead, NoAnswer } from './hot-protocol.js';

/** Vectors of so many bytes take 0.2 ms at most. */
const AT_ONCE_BYTES = 64 * 1024;
/** Reads that wait for the worker, from which on it is the busier thread. */
const LONG_QUEUE = 4;

/**
 * Query vectors as they go to the worker. It reads them, off the event loop: they go in memory of their own,
 * as the body may be needed again. Only what is short is read before, while the worker is behind.
 * @param queued reads that wait for the worker
 * @returns why ChromaDB must judge them, where that is seen already
 */
export function sentVectors(
  json: Uint8Array,
  count: number,
  dimension: number,
  queued: number,
): NearestRead['vectors'] | NoAnswer {
  if (queued < LONG_QUEUE || json.length > AT_ONCE_BYTES) return new Uint8Array(json);
  return finish(readQueryVectors(json, count, dimension));
}

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
