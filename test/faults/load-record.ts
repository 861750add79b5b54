/** Which answers belong together: each group fails for other reasons. */
export const LOAD_GROUPS = [
  /** Reads of a collection that is mirrored and never written. */
  'mirrored',
  /** Reads of one that is pinned `never`. */
  'unmirrored',
  /** Reads of the mirrored one that want ChromaDB itself. */
  'forced',
  /** Writes to collections of their own. */
  'write',
  /** Reads that have to show those writes. */
  'written',
] as const;
export type LoadGroup = (typeof LOAD_GROUPS)[number];

/** Why a request has no answer, or one that cannot be read. */
export type NoAnswer =
  /** No connection. */
  | 'refused'
  /** The connection ended before the answer began. */
  | 'reset'
  /** The connection ended in the middle of the answer. */
  | 'cut'
  /** Nothing came for so long that the load gave up. */
  | 'silence'
  /** A success whose body is no JSON. */
  | 'garbled';

/** One request of the load; times are `monotonicMs`. */
export interface LoadRecord {
  readonly group: LoadGroup;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 when there was none. */
  readonly status: number;
  /** Empty where the answer names none. */
  readonly tier: string;
  readonly noAnswer?: NoAnswer;
  /** What is wrong with the answer. */
  readonly wrong?: string;
  /** Time of the request in which the load itself stood still, so that it cannot tell when an answer came. */
  readonly blindMs: number;
}

/** What the load needs to know; the order of its requests follows from the seed. */
export interface LoadPlan {
  readonly url: string;
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** Sent along with each request. */
  readonly deadlineMs: number;
  readonly collections: LoadCollections;
}

/** Ids of collections. */
export interface LoadCollections {
  readonly mirrored: string;
  readonly unmirrored: string;
  readonly writtenMirrored: string;
  readonly writtenUnmirrored: string;
}

/** From the load to who started it. */
export interface LoadReport {
  readonly records: readonly LoadRecord[];
  /** Requests that were not sent, as too many were under way. */
  readonly skipped: number;
}
