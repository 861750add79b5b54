import type { Readable } from 'node:stream';

export type CallKind = 'read' | 'write' | 'admin' | 'probe';

/** Name and value in turn, as they came. */
export type RawHeaders = readonly string[];

/** One call to ChromaDB, as the caller made it. */
export interface StoreCall {
  readonly kind: CallKind;
  readonly method: string;
  /** Path and query string, untouched. */
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Readable | Uint8Array | null;
  /** Ends the call early; only for calls that change nothing. */
  readonly signal?: AbortSignal;
  /** Milliseconds of the monotonic clock (`performance.now()`). */
  readonly deadlineMs?: number;
  /**
   * For whom it is made, and of which collection, as far as a path names one; undefined: for Tidegate itself.
   */
  readonly caller?: string;
  readonly collection?: string | undefined;
  /** It does not wait: another tier could answer it. */
  readonly room?: 'at-once' | 'spare' | undefined;
}

/** ChromaDB's answer: its body is a stream that the receiver must read or destroy. */
export interface StoreAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Readable;
}
