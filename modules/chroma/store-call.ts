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
}

/** ChromaDB's answer: short bodies are bytes; a stream must be read or destroyed by its receiver. */
export interface StoreAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Readable | Uint8Array;
}
