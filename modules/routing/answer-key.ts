import { hash } from 'node:crypto';
import type { StoreCall } from '../chroma/store-call.js';
import { headerValue } from '../chroma/header-passing.js';
import type { RoutedQuery } from './query.js';

/** What ChromaDB, or a proxy before it, may answer by besides path and body. */
const TELLING_HEADERS = ['authorization', 'x-chroma-token', 'cookie', 'accept-encoding'];

/**
 * The same for calls that have the same answer while their collection does not change. The path is part of
 * it: under another tenant's path ChromaDB may answer differently. The body is in it by its SHA-256: 8 kB
 * take 4 µs, as text they would take 10 (2 cores, AMD EPYC) and lie in memory with every answer.
 */
export function answerKey(path: string, body: Uint8Array): string {
  return `${path} ${hash('sha256', body, 'base64')}`;
}

/** The same for queries that have the same answer now; undefined where it may not be shared. */
export function flightKey({ key, view }: RoutedQuery): string | undefined {
  return key === undefined || view === undefined ? undefined : `${view.version} ${key}`;
}

/** Callers who are the same to ChromaDB, as far as headers tell. */
export function credentialsKey({ headers }: StoreCall): string {
  return TELLING_HEADERS.map((name) => {
    const value = headerValue(headers, name);
    return value === undefined ? '' : `=${value}`;
  }).join('\n');
}
