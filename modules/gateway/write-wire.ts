import type { WriteEffect, WriteScope } from '../sync/write-scope.js';
import { JsonCursor, JsonSyntaxError } from '../vector/json-cursor.js';
import { readTexts } from './wire-members.js';

export type RecordWrite = 'add' | 'update' | 'upsert' | 'delete';

const EFFECTS: Record<RecordWrite, WriteEffect> = {
  add: 'insert',
  upsert: 'insert',
  update: 'update',
  delete: 'remove',
};

const UNKNOWN: WriteScope = { kind: 'unknown' };
const REMOVALS: WriteScope = { kind: 'removals' };

/**
 * Finds out which records a write's body names. A body that cannot be read is of unknown scope; ChromaDB will
 * most likely refuse it.
 */
export function writeScope(kind: RecordWrite, body: Uint8Array): WriteScope {
  try {
    return kind === 'delete' ? deleteScope(body) : namedScope(EFFECTS[kind], body);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return UNKNOWN;
    throw error;
  }
}

/** Leaves the body behind its ids: the vectors are most of its bytes, and ChromaDB refuses a second `ids`. */
function namedScope(effect: WriteEffect, body: Uint8Array): WriteScope {
  const cursor = new JsonCursor(body);
  let ids: string[] | undefined;
  cursor.object((key) => {
    if (key === 'ids') ids = readTexts(cursor);
    else cursor.value();
    return ids === undefined;
  });
  return ids === undefined ? UNKNOWN : { kind: 'named', effect, ids };
}

/** With ids alone a delete names its records; a filter can only narrow it to fewer of them. */
function deleteScope(body: Uint8Array): WriteScope {
  const cursor = new JsonCursor(body);
  let ids: string[] | undefined;
  cursor.object((key) => {
    if (key === 'ids' && !cursor.isNull()) ids = readTexts(cursor);
    else if (key !== 'ids') cursor.value();
  });
  return ids === undefined ? REMOVALS : { kind: 'named', effect: EFFECTS.delete, ids };
}
