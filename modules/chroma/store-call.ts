import type { Readable } from 'node:stream';
import type { EndSignal } from '../vector/end-signal.js';

/** Kinds of calls that fail, and are kept back, each by itself. */
export type BreakerKind = 'read' | 'write' | 'admin';

/** A probe asks whether ChromaDB is there: no breaker answers in its place. */
export type CallKind = BreakerKind | 'probe';

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
  readonly signal?: EndSignal | undefined;
  /**
   * Milliseconds of the monotonic clock at which nobody waits for the answer any more. Whoever makes a call
   * wait heeds it; a call that changes something and was sent goes on all the same.
   */
  readonly deadlineMs?: number | undefined;
  /** An answer that declares a body of so many bytes at most is read whole, as part of the call. */
  readonly wholeUpToBytes?: number;
  /**
   * For whom it is made, and of which collection, as far as a path names one; undefined: for Tidegate itself.
   */
  readonly caller?: string;
  readonly collection?: string | undefined;
  /** It does not wait: another tier could answer it. */
  readonly room?: 'at-once' | 'spare' | undefined;
}

/** ChromaDB's answer: short bodies are bytes; a stream must be read or destroyed by its receiver. */
export interface StoreAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Readable | Uint8Array;
}
