import type { StoreCall } from '../chroma/store-call.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import type { ReadRequest } from '../vector/read-request.js';
import type { RequestKind, Tier } from './decide-route.js';

/** A query's body, read as far as tiers need it. */
export interface ReadQuery {
  readonly kind: RequestKind;
  /** Only of kind `answerable`. */
  readonly request: ReadRequest | undefined;
}

/** One read of a collection on its way through the tiers. */
export interface Query {
  /** Undefined when the path names no collection: only ChromaDB can say what is wrong with it. */
  readonly target: CollectionTarget | undefined;
  readonly callerKey: string;
  readonly forced: boolean;
  /** Next to no work for ChromaDB: no answer to it is kept, and it earns its collection no mirror. */
  readonly light: boolean;
  /** The exact body: with the collection's version it is the key of the answer cache. */
  readonly body: Buffer;
  /** The same call for ChromaDB. */
  readonly call: StoreCall;
  /** Parses the body at its first use. */
  readonly read: () => ReadQuery;
}

/** Who answered, and why that tier. */
export interface AnsweredBy {
  readonly tier: Tier;
  readonly reason: string;
  /** Milliseconds the tier took until its answer began. */
  readonly tierMs: number;
}
