import { idOf, type Dataset } from './dataset.js';

/** How vectors are written: as ChromaDB's own clients do, or as numbers. */
export type VectorFormat = 'base64' | 'numbers';

/** A record as it is written. */
export interface NewRecord {
  readonly id: string;
  readonly vector: Float32Array;
  readonly document: string;
  readonly metadata: object;
}

/** The body of an `add` or an `upsert`. */
export function recordsBody(records: readonly NewRecord[], format: VectorFormat): Buffer {
  return Buffer.from(
    JSON.stringify({
      ids: records.map(({ id }) => id),
      embeddings: records.map(({ vector }) => (format === 'base64' ? base64Of(vector) : Array.from(vector))),
      documents: records.map(({ document }) => document),
      metadatas: records.map(({ metadata }) => metadata),
    }),
  );
}

/** Records `from` to `to` of the data set. */
export function recordsOf(dataset: Dataset, from: number, to: number): readonly NewRecord[] {
  return Array.from({ length: to - from }, (_, place) => {
    const index = from + place;
    return {
      id: idOf(index),
      vector: dataset.vector(index),
      document: dataset.document(index),
      metadata: dataset.metadata(index),
    };
  });
}

/** Bytes of its document and of its metadata as JSON, of the mean record. */
export function meanTextBytes(dataset: Dataset): number {
  let bytes = 0;
  for (let index = 0; index < dataset.count; index++) {
    bytes += dataset.document(index).length + JSON.stringify(dataset.metadata(index)).length;
  }
  return bytes / dataset.count;
}

function base64Of({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
