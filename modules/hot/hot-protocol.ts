import type { ReadRequest, Space } from '../vector/read-request.js';

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
  readonly worn: boolean;
}

/** What the main thread asks of the worker. Mirrors are numbered; a number is never used again. */
export type HotCommand =
  | { readonly kind: 'open'; readonly mirror: number; readonly spec: MirrorSpec }
  | { readonly kind: 'close'; readonly mirror: number }
  /**
   * Makes the asked records equal to the page: those it lacks are gone; those of `anew` are removed first, so
   * that they come behind all others if the page has them.
   */
  | {
      readonly kind: 'apply';
      readonly mirror: number;
      readonly asked: readonly string[];
      readonly anew: readonly string[];
      readonly page: Uint8Array;
    }
  /** Removes the records that the listing does not name. */
  | { readonly kind: 'retain'; readonly mirror: number; readonly listing: Uint8Array }
  /** Puts the listed records in the listing's order, in the places that they hold among all. */
  | { readonly kind: 'order'; readonly mirror: number; readonly listing: Uint8Array }
  /** Sheds what updates and removals left behind, while reads and changes go on. */
  | { readonly kind: 'compact'; readonly mirror: number }
  | { readonly kind: 'read'; readonly mirror: number; readonly request: ReadRequest };

/** Answers to reads are in ChromaDB's columnar JSON; undefined when the mirror cannot give a whole one. */
export interface HotResults {
  open: MirrorUsage;
  close: undefined;
  apply: MirrorUsage;
  retain: MirrorUsage;
  order: MirrorUsage;
  compact: MirrorUsage;
  read: Uint8Array | undefined;
}

export interface HotRequest {
  readonly sequence: number;
  readonly command: HotCommand;
}

export type HotReply =
  | { readonly sequence: number; readonly result: HotResults[HotCommand['kind']] }
  | { readonly sequence: number; readonly error: string };
