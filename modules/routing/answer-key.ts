import { hash } from 'node:crypto';
import type { StoreCall } from '../chroma/store-call.js';
import { headerValue } from '../chroma/header-passing.js';

/** What ChromaDB, or a proxy before it, may answer by besides path and body. */
const TELLING_HEADERS = ['authorization', 'x-chroma-token', 'cookie', 'accept-encoding'];

/**
 * The same for calls that have the same answer while the collection is at this version. The path is part of
 * it: under another tenant's path ChromaDB may answer differently. The body is in it by its SHA-256: 8 kB
 * take 4 µs, as text they would take 10 (2 cores, AMD EPYC) and lie in memory with every answer.
 */
export function answerKey(version: number, path: string, body: Uint8Array): string {
  return `${version} ${path} ${hash('sha256', body, 'base64')}`;
}

/** Callers who are the same to ChromaDB, as far as headers tell. */
export function credentialsKey({ headers }: StoreCall): string {
  return TELLING_HEADERS.map((name) => {
    const value = headerValue(headers, name);
    return value === undefined ? '' : `=${value}`;
  }).join('\n');
}
