import type { DriftKind } from '../vector/drift-kind.js';
import type { CountRequest, NearestRequest, ReadRequest, Space } from '../vector/read-request.js';
import type { SnapshotIdentity, SnapshotManifest } from './snapshot-manifest.js';

/** How a mirror is built: the collection's own space and HNSW parameters. */
export interface MirrorSpec {
  readonly space: Space;
  readonly dimension: number;
  readonly maxNeighbors: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  /** Whether the mirror may evaluate filters; otherwise ChromaDB judges them. */
  readonly filters: boolean;
  /** Records to make room for at first; the mirror grows beyond. */
  readonly capacity: number;
}

/** What a mirror holds; `worn` says that it should be compacted, to shed what updates and deletes left. */
export interface MirrorUsage {
  readonly records: number;
  readonly bytes: number;
  /** Those of `bytes` that its records' fields need; a measure of what more records of the kind will need. */
  readonly fieldBytes: number;
  readonly worn: boolean;
}

/** What is known of a change beside its pages. */
export interface ChangeHints {
  /** New records may belong before others that the mirror has already. */
  readonly uncertain: boolean;
  /** Further pages belong to the change: without them reads would see the half of it. */
  readonly more: boolean;
  /** The mirror serves nobody yet: the graph may keep up. */
  readonly filling?: boolean;
}

/** The pages are a whole change, and every new record belongs behind all others. */
export const PLACES_CERTAIN: ChangeHints = { uncertain: false, more: false };
export const FILLING: ChangeHints = { ...PLACES_CERTAIN, filling: true };

/** What a change did about places. */
export interface Placement {
  /** Records that were new; they were put behind all others. */
  readonly inserted: number;
}

/** The body of an `add` or `upsert`, or the number under which it was prepared. */
export type InsertBody = Uint8Array | number;

/** What was done with each body; undefined where nothing was taken in of it. */
export interface Placements {
  readonly placements: readonly (Placement | undefined)[];
}

/** In what a record differs from ChromaDB's. */
export interface RecordDrift {
  readonly id: string;
  readonly kinds: readonly DriftKind[];
}

/** Where a mirror has the records of a listing. */
export interface ListedPlaces {
  /** For each id of the listing its place among the mirror's records, -1 where the mirror has none. */
  readonly places: Float64Array;
  /** Records of the mirror that the listing does not name. */
  readonly unlisted: readonly string[];
}

/** A search whose vectors may have been read already. */
export interface NearestRead extends Omit<NearestRequest, 'vectors'> {
  readonly vectors: NearestRequest['vectors'] | readonly Float32Array[];
}

/** What a worker is asked to read; a mirror's usage tells its number of records without it. */
export type WorkerRead = Exclude<ReadRequest, CountRequest | NearestRequest> | NearestRead;

/**
 * Why ChromaDB must answer a read: a query vector has another dimension; its vectors are ChromaDB's to judge;
 * or the mirror cannot give a whole answer.
 */
export type NoAnswer = 'dimension' | 'opaque' | 'incomplete';

/** Nothing was done: with so many bytes more, all mirrors together would hold more than they may. */
export interface Overflow {
  readonly moreBytes: number;
}

/** A snapshot was not written, or not taken in; nothing else was changed. */
export interface Failure {
  readonly reason: string;
}

/** A snapshot on disk. */
export interface SavedSnapshot {
  readonly records: number;
  /** Of both files. */
  readonly bytes: number;
  /** From the moment it shows until it is whole. */
  readonly durationMs: number;
}

/**
 * What the main thread asks of the worker. Mirrors are numbered; a number is never used again. `limitBytes`
 * is what all mirrors together may hold: the worker keeps to it, as it alone knows what each holds now.
 */
export type HotCommand =
  | {
      readonly kind: 'open';
      readonly mirror: number;
      readonly spec: MirrorSpec;
      readonly limitBytes: number;
    }
  | { readonly kind: 'close'; readonly mirror: number }
  /**
   * Makes the asked records equal to the pages: those they lack are gone. Reads see all of it or nothing.
   * Where places are open after it, no records are read until `order` or `retain`.
   */
  | {
      readonly kind: 'apply';
      readonly mirror: number;
      readonly asked: readonly string[];
      readonly pages: readonly Uint8Array[];
      readonly hints: ChangeHints;
      readonly limitBytes: number;
    }
  /** Decodes the body of an `add` or `upsert`, which ChromaDB may refuse yet, to be taken in by number. */
  | {
      readonly kind: 'prepare';
      readonly mirror: number;
      readonly insert: number;
      readonly body: Uint8Array;
    }
  /** What was prepared is not needed any more, whether it was taken in or not. */
  | { readonly kind: 'discard'; readonly mirror: number; readonly insert: number }
  /**
   * Takes in what ChromaDB did with the bodies of `add` or `upsert`, in their order, of each all if that is
   * certain and fits, or nothing; as `apply` does with pages.
   */
  | {
      readonly kind: 'insert';
      readonly mirror: number;
      readonly bodies: readonly InsertBody[];
      readonly hints: ChangeHints;
      readonly limitBytes: number;
    }
  /** Puts the records that the listing names in its order, in the places they hold among all records. */
  | { readonly kind: 'order'; readonly mirror: number; readonly listing: Uint8Array }
  /**
   * Removes the records that the listing, which is of all ids, does not name, and orders the others by it.
   */
  | { readonly kind: 'retain'; readonly mirror: number; readonly listing: Uint8Array }
  /**
   * Writes a snapshot of the mirror as it is between two changes, while reads and changes go on. The one that
   * the folder has stays usable until the new one is whole.
   */
  | {
      readonly kind: 'save';
      readonly mirror: number;
      readonly folder: string;
      readonly identity: SnapshotIdentity;
    }
  /** Opens a mirror with what the folder's snapshot holds. */
  | {
      readonly kind: 'load';
      readonly mirror: number;
      readonly spec: MirrorSpec;
      readonly folder: string;
      readonly manifest: SnapshotManifest;
      readonly limitBytes: number;
    }
  /** Tells in what the asked records differ from the page that ChromaDB gave for them; changes nothing. */
  | {
      readonly kind: 'compare';
      readonly mirror: number;
      readonly asked: readonly string[];
      readonly page: Uint8Array;
    }
  /** Tells where the records of the listing, which is of all ids, stand; changes nothing. */
  | { readonly kind: 'locate'; readonly mirror: number; readonly listing: Uint8Array }
  /** Sheds what updates and removals left behind, while reads and changes go on. */
  | { readonly kind: 'compact'; readonly mirror: number; readonly limitBytes: number }
  | { readonly kind: 'read'; readonly mirror: number; readonly request: WorkerRead };

/** Answers to reads are in ChromaDB's columnar JSON. */
export interface HotResults {
  open: MirrorUsage | Overflow;
  close: undefined;
  apply: (MirrorUsage & Placement) | Overflow;
  prepare: undefined;
  discard: undefined;
  insert: MirrorUsage & Placements;
  order: MirrorUsage;
  retain: MirrorUsage;
  save: SavedSnapshot | Failure;
  load: MirrorUsage | Overflow | Failure;
  compare: readonly RecordDrift[];
  locate: ListedPlaces;
  compact: MirrorUsage | Overflow;
  read: Uint8Array | NoAnswer;
}

/**
 * Has the worker end before its next turn. A thread that is terminated while hnswlib reads a vector aborts
 * the whole process.
 */
export const END = 'end';

export interface HotRequest {
  readonly sequence: number;
  readonly command: HotCommand;
}

export type HotReply =
  | { readonly sequence: number; readonly result: HotResults[HotCommand['kind']] }
  /** Why it failed; `dropped`: nobody waited any more when its turn came. */
  | { readonly sequence: number; readonly error: string; readonly dropped?: true };
