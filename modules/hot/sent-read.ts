import type { CountRequest, ReadRequest } from '../vector/read-request.js';
import { finish } from './finish.js';
import type { NoAnswer, WorkerRead } from './hot-protocol.js';
import { movedBytes } from './moved-memory.js';
import { readQueryVectors } from './query-vectors.js';

/** Vectors of so many bytes take 0.2 ms at most. */
const AT_ONCE_BYTES = 64 * 1024;
/** Commands that the worker has not answered, from which on it is the busier thread. */
const LONG_QUEUE = 4;

/** A read as it goes to the worker. */
export interface SentRead {
  readonly request: WorkerRead;
  /** Memory that passes to the worker instead of being copied. */
  readonly moved: readonly ArrayBuffer[];
}

/**
 * The worker reads query vectors, off the event loop: they go in memory of their own, as the body may be
 * needed again. Only what is short is read before, while the worker is behind.
 * @param dimension of the mirror
 * @param queued commands that the worker has not answered
 * @returns why ChromaDB must judge them, where that is seen already
 */
export function sentRead(
  request: Exclude<ReadRequest, CountRequest>,
  dimension: number,
  queued: number,
): SentRead | NoAnswer {
  if (request.kind !== 'nearest') return { request, moved: [] };
  const { vectors: json, count } = request;
  if (queued < LONG_QUEUE || json.length > AT_ONCE_BYTES) {
    const own = new Uint8Array(json);
    return { request: { ...request, vectors: own }, moved: movedBytes(own) };
  }
  const vectors = finish(readQueryVectors(json, count, dimension));
  return typeof vectors === 'string' ? vectors : { request: { ...request, vectors }, moved: [] };
}
