import type { ReadQuery } from '../routing/query.js';
import { JsonSyntaxError } from '../vector/json-cursor.js';
import type { ReadRequest } from '../vector/read-request.js';
import { UnsupportedFilter } from '../vector/where-parser.js';

/** Right or wrong, ChromaDB judges it. */
export const OPAQUE: ReadQuery = { kind: 'opaque', request: undefined };
/** Its filter is malformed, or one that mirrors do not evaluate. */
const UNSUPPORTED: ReadQuery = { kind: 'unsupported-filter', request: undefined };

export function answerable(request: ReadRequest): ReadQuery {
  return { kind: 'answerable', request };
}

/** Runs a reader of a request's body; what it cannot read is ChromaDB's to judge. */
export function readWire(read: () => ReadQuery): ReadQuery {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return OPAQUE;
    if (error instanceof UnsupportedFilter) return UNSUPPORTED;
    throw error;
  }
}
