import { JsonCursor } from '../vector/json-cursor.js';
import { parseWhere } from '../vector/where-parser.js';
import type { RecordFilter, Where } from '../vector/where.js';
import { readList, readOnlyMember, readTexts, refuse } from './wire-members.js';

const ID_KEY = '#id';
const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;
/** Holds for every record. */
const ANYTHING: Where = { kind: 'and', children: [] };

/**
 * Reads the `filter` of ChromaDB's `search`: a `where`, in which `#id` names records, alone or as a part of
 * the outermost `$and`. Unknown ids are no error here, other than in a query: they find nothing.
 * @param depth objects and arrays around the filter: ChromaDB refuses JSON that is nested too deeply
 * @returns undefined for `null` and `{}`, which let all records through
 * @throws UnsupportedFilter, or JsonSyntaxError
 */
export function readSearchFilter(cursor: JsonCursor, depth: number): RecordFilter | undefined {
  cursor.checkDepth(depth);
  if (cursor.isNull()) return undefined;
  if (cursor.peek() !== OPEN_OBJECT) refuse(cursor, 'no object');
  const key = firstKey(cursor);
  if (key === undefined) {
    cursor.value();
    return undefined;
  }
  const parts = key === '$and' ? readAnd(cursor) : [readPart(cursor)];
  const ids = parts.flatMap((part) => (part.kind === 'ids' ? [part.ids] : []));
  const children = parts.filter((part) => part.kind !== 'ids');
  if (ids.length === 0 && children.length === 1) return { where: children[0], ids: undefined };
  // With a `where` beside them, ids that are unknown are passed over.
  const where: Where = children.length === 0 ? ANYTHING : { kind: 'and', children };
  return { where, ids: ids.length === 0 ? undefined : inAll(ids) };
}

interface NamedRecords {
  readonly kind: 'ids';
  readonly ids: readonly string[];
}

function readAnd(cursor: JsonCursor): (Where | NamedRecords)[] {
  return readOnlyMember(cursor, () => readList(cursor, () => readPart(cursor)));
}

function readPart(cursor: JsonCursor): Where | NamedRecords {
  return firstKey(cursor) === ID_KEY ? readOnlyMember(cursor, () => readIds(cursor)) : parseWhere(cursor);
}

/** `"a"`, `{"$eq": "a"}` or `{"$in": ["a", "b"]}`. */
function readIds(cursor: JsonCursor): NamedRecords {
  const isText = cursor.peek() === QUOTE;
  const ids = isText ? [cursor.string()] : readOnlyMember(cursor, (operator) => readIn(cursor, operator));
  return { kind: 'ids', ids };
}

function readIn(cursor: JsonCursor, operator: string): readonly string[] {
  if (operator === '$eq') return [cursor.string()];
  if (operator !== '$in') refuse(cursor, 'records can be named only');
  const ids = readTexts(cursor);
  return ids.length > 0 ? ids : refuse(cursor, 'an empty list of ids');
}

function inAll([first = [], ...others]: readonly (readonly string[])[]): readonly string[] {
  const rest = others.map((ids) => new Set(ids));
  return first.filter((id) => rest.every((ids) => ids.has(id)));
}

/** The key of the object's first member, not consumed; undefined for an empty object and for what is none. */
function firstKey(cursor: JsonCursor): string | undefined {
  if (cursor.peek() !== OPEN_OBJECT) return undefined;
  let first: string | undefined;
  new JsonCursor(cursor.bytes, cursor.position).object((key) => {
    first = key;
    return false;
  });
  return first;
}
