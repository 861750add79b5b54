import type { RankedRequest } from './ranked-search.js';
import type { RecordFilter } from './where.js';

/** What an answer may contain besides ids. */
export const INCLUDABLE = ['distances', 'documents', 'embeddings', 'metadatas', 'uris'] as const;
export type Include = (typeof INCLUDABLE)[number];

export type Space = 'l2' | 'ip' | 'cosine';

/** The records nearest to each of some vectors (ChromaDB's `query`). */
export interface NearestRequest {
  readonly kind: 'nearest';
  /**
   * The query vectors as they were sent: a JSON array of arrays of numbers, if it is right. They are most of
   * a request, and are read only where a mirror is asked.
   */
  readonly vectors: Uint8Array;
  /** How many there are, if that is right. */
  readonly count: number;
  /** Neighbours wanted for each query vector. */
  readonly limit: number;
  /** Restricts the records; undefined lets all through. */
  readonly filter?: RecordFilter | undefined;
  /** As the caller listed it: answers repeat the list. */
  readonly include: readonly Include[];
}

/** Records in insertion order (ChromaDB's `get`). */
export interface RecordsRequest {
  readonly kind: 'records';
  readonly filter?: RecordFilter | undefined;
  /** Records to pass over first. */
  readonly offset: number;
  /** Most records wanted; undefined wants all. */
  readonly limit: number | undefined;
  /** As the caller listed it: answers repeat the list. */
  readonly include: readonly Include[];
}

/** How many records there are. */
export interface CountRequest {
  readonly kind: 'count';
}

/** What can be asked of a collection. */
export type ReadRequest = NearestRequest | RecordsRequest | CountRequest | RankedRequest;

/** Floats of the vectors in a request; undefined when it has none, or they are not read yet. */
export function dimensionOf(request: ReadRequest): number | undefined {
  return 'dimension' in request ? request.dimension : undefined;
}

/** Whether a part of the request restricts the records by a filter. */
export function isFiltered(request: ReadRequest): boolean {
  if (request.kind === 'ranked') return request.searches.some(({ filter }) => filter !== undefined);
  return 'filter' in request && request.filter !== undefined;
}

export function isIncludable(name: string): name is Include {
  return (INCLUDABLE as readonly string[]).includes(name);
}
