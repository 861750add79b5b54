import type { StoreCall } from '../chroma/store-call.js';
import type { CollectionView } from '../sync/sync.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import type { ReadRequest } from '../vector/read-request.js';
import type { RequestKind, Tier } from './decide-route.js';

/** A query's body, read as far as tiers need it. */
export interface ReadQuery {
  readonly kind: RequestKind;
  /** Only of kind `answerable`. */
  readonly request: ReadRequest | undefined;
}

/** What a caller wants of its answer. */
export interface CallerWish {
  /** It comes from ChromaDB and from nothing else. */
  readonly forced: boolean;
  /** Milliseconds by which it may lack writes that went around Tidegate; undefined takes any. */
  readonly maxStalenessMs?: number | undefined;
}

/** One read of a collection on its way through the tiers. */
export interface Query extends CallerWish {
  /** Undefined when the path names no collection: only ChromaDB can say what is wrong with it. */
  readonly target: CollectionTarget | undefined;
  readonly callerKey: string;
  /**
   * ChromaDB answers it with next to no work: no answer to it is kept, and it earns its collection no
   * mirror.
   */
  readonly light: boolean;
  /** The exact body: with the path it is the key of the answer cache. */
  readonly body: Buffer;
  /** The same call for ChromaDB. */
  readonly call: StoreCall;
  /** Parses the body at its first use. */
  readonly read: () => ReadQuery;
}

/** A query, and what was found out about it on its way. */
export interface RoutedQuery {
  readonly query: Query;
  readonly view: CollectionView | undefined;
  /** The same for the same answer; undefined when the answer may be neither kept nor shared. */
  readonly key: string | undefined;
}

/** Who answered, and why that tier. */
export interface AnsweredBy {
  readonly tier: Tier;
  readonly reason: string;
  /** Milliseconds the tier took until its answer began. */
  readonly tierMs: number;
  /** Only of tier `stale`: milliseconds since which writes may be missing. */
  readonly ageMs?: number;
}
