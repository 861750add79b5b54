import type { RawHeaders } from './store-call.js';

/** Headers that belong to one connection (RFC 9110, 7.6.1) or that the client library sets itself. */
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
]);

/**
 * The headers that pass through, in order and as they came; `without` names others to leave out, lower case.
 */
export function passedHeaders(headers: RawHeaders, without: ReadonlySet<string> = new Set()): string[] {
  const passed: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const lower = name.toLowerCase();
    if (NOT_FORWARDED.has(lower) || without.has(lower) || lower.startsWith('x-tidegate-')) continue;
    passed.push(name, headers[i + 1] ?? '');
  }
  return passed;
}

/** A header's value; the first one where it is repeated. `name` is in lower case. */
export function headerValue(headers: RawHeaders, name: string): string | undefined {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const text = headers[at] ?? '';
    if (text.length === name.length && text.toLowerCase() === name) return headers[at + 1];
  }
  return undefined;
}
