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

/** What a mirror holds; `worn` says that it should be built anew to shed what updates and deletes left. */
export interface MirrorUsage {
  readonly records: number;
  readonly bytes: number;
  /** Those of `bytes` that its records' fields need; a measure of what more records of the kind will need. */
  readonly fieldBytes: number;
  readonly worn: boolean;
}

/** Nothing was done: with so many bytes more, all mirrors together would hold more than they may. */
export interface Overflow {
  readonly moreBytes: number;
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
  /** Makes the asked records equal to the page: those it lacks are gone. */
  | {
      readonly kind: 'apply';
      readonly mirror: number;
      readonly asked: readonly string[];
      readonly page: Uint8Array;
      readonly limitBytes: number;
    }
  /** Removes the records that the listing does not name. */
  | { readonly kind: 'retain'; readonly mirror: number; readonly listing: Uint8Array }
  | { readonly kind: 'read'; readonly mirror: number; readonly request: ReadRequest };

/** Answers to reads are in ChromaDB's columnar JSON; undefined when the mirror cannot give a whole one. */
export interface HotResults {
  open: MirrorUsage | Overflow;
  close: undefined;
  apply: MirrorUsage | Overflow;
  retain: MirrorUsage;
  read: Uint8Array | undefined;
}

export interface HotRequest {
  readonly sequence: number;
  readonly command: HotCommand;
}

export type HotReply =
  | { readonly sequence: number; readonly result: HotResults[HotCommand['kind']] }
  | { readonly sequence: number; readonly error: string };
