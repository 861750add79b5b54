import type { MirrorSpec, MirrorUsage } from './hot-protocol.js';

/**
 * Cost of one record on the JavaScript heap, its entries in maps and arrays among it: the most that was
 * measured, with 20,000 to 132,000 records of 8 to 768 floats; 340 where the map is full.
 */
export const HEAP_BYTES_PER_SLOT = 375;

const LEAST_CAPACITY = 1_024;
/** Links of one element on the base level, 4 bytes each: hnswlib keeps twice as many as `maxNeighbors`. */
const LINKS_BYTES_PER_NEIGHBOR = 2 * 4;
/** What else hnswlib keeps of each: lock 40, entry by label 48, label, pointer and lengths 24, levels 5. */
const BOOKKEEPING_BYTES = 117;

/** An id and its quotes; longer ones are rare. */
const ID_BYTES = 40;
/** Document, metadata and their columns of one record, while nothing is known of them. */
const ASSUMED_FIELD_BYTES = 800;
/** Fields are stored in chunks, which are allocated ahead. */
const ALLOCATED_AHEAD = 1.25;
const FIRST_CHUNK_BYTES = 64 * 1024;

type GraphShape = Pick<MirrorSpec, 'dimension' | 'maxNeighbors'>;

/** Elements that a new graph makes room for. */
export function firstCapacity({ capacity }: Pick<MirrorSpec, 'capacity'>): number {
  return Math.max(LEAST_CAPACITY, capacity);
}

/** Bytes that hnswlib holds for a graph with room for so many elements, whether they are there or not. */
export function graphBytes({ dimension, maxNeighbors }: GraphShape, capacity: number): number {
  return capacity * (dimension * 4 + maxNeighbors * LINKS_BYTES_PER_NEIGHBOR + BOOKKEEPING_BYTES);
}

/** Bytes that a record's fields take in a mirror on average; undefined while it has none. */
export function fieldBytesPerRecord({ records, fieldBytes }: MirrorUsage): number | undefined {
  return records === 0 ? undefined : fieldBytes / records;
}

/** Bytes that a new mirror of so many records is expected to hold. */
export function expectedMirrorBytes(
  spec: MirrorSpec,
  records: number,
  fieldBytes = ASSUMED_FIELD_BYTES,
): number {
  const vectorBytes = spec.dimension * Float32Array.BYTES_PER_ELEMENT;
  const chunkBytes = (ID_BYTES + fieldBytes) * ALLOCATED_AHEAD;
  const perRecord = vectorBytes + HEAP_BYTES_PER_SLOT + chunkBytes;
  return Math.ceil(graphBytes(spec, firstCapacity(spec)) + FIRST_CHUNK_BYTES + records * perRecord);
}
