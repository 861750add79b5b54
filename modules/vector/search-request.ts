import type { RecordFilter } from './where.js';

/** What an answer may contain besides ids. */
export const INCLUDABLE = ['distances', 'documents', 'embeddings', 'metadatas', 'uris'] as const;
export type Include = (typeof INCLUDABLE)[number];

export type Space = 'l2' | 'ip' | 'cosine';

/** A nearest-neighbour search. */
export interface SearchRequest {
  /** `count` query vectors of `dimension` floats each, end to end. */
  readonly vectors: Float32Array;
  readonly count: number;
  readonly dimension: number;
  /** Neighbours wanted for each query vector. */
  readonly limit: number;
  /** Restricts the records; undefined lets all through. */
  readonly filter?: RecordFilter | undefined;
  /** As the caller listed it: answers repeat the list. */
  readonly include: readonly Include[];
}

export function isIncludable(name: string): name is Include {
  return (INCLUDABLE as readonly string[]).includes(name);
}
