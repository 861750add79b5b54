import { JsonSyntaxError, type JsonCursor } from '../vector/json-cursor.js';

const MAX_U32 = 0xffffffff;
const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;

/** Ends the reading of a body that is not certainly what ChromaDB accepts. */
export function refuse(cursor: JsonCursor, what: string): never {
  throw new JsonSyntaxError(what, cursor.position);
}

type Readers = Readonly<Record<string, () => unknown>>;
type Members<R extends Readers> = { [K in keyof R]?: ReturnType<R[K]> };

/**
 * Reads an object of known members, each at most once, in any order.
 * @returns what the readers gave; members that are not there are missing
 * @throws JsonSyntaxError for a member that is not known or repeated, and what the readers throw
 */
export function readMembers<R extends Readers>(cursor: JsonCursor, readers: R): Members<R> {
  const members = new Map<string, unknown>();
  cursor.object((key) => {
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (read === undefined || members.has(key)) refuse(cursor, 'unknown or repeated member');
    members.set(key, read());
  });
  return Object.fromEntries(members) as Members<R>;
}

/** Reads an object of exactly one member. Throws JsonSyntaxError for others, and what `read` throws. */
export function readOnlyMember<T>(cursor: JsonCursor, read: (key: string) => T): T {
  const found: T[] = [];
  cursor.object((key) => {
    if (found.length > 0) refuse(cursor, 'more than one member');
    found.push(read(key));
  });
  const [only] = found;
  return only ?? refuse(cursor, 'no member');
}

export function readList<T>(cursor: JsonCursor, read: () => T): T[] {
  const items: T[] = [];
  cursor.array(() => items.push(read()));
  return items;
}

export function readTexts(cursor: JsonCursor): string[] {
  return readList(cursor, () => cursor.string());
}

/** A whole number that fits 32 bits without a sign, written as one: `2.0` and `2e0` are none. */
export function readU32(cursor: JsonCursor): number {
  const text = rawText(cursor);
  const value = Number(text);
  if (!WHOLE_NUMBER.test(text) || value > MAX_U32) refuse(cursor, 'no 32-bit whole number');
  return value;
}

/** A number that is a finite float32, rounded to it. */
export function readFloat32(cursor: JsonCursor): number {
  const value = Math.fround(cursor.number());
  return Number.isFinite(value) ? value : refuse(cursor, 'no finite float32');
}

export function readBoolean(cursor: JsonCursor): boolean {
  const text = rawText(cursor);
  if (text !== 'true' && text !== 'false') refuse(cursor, 'no boolean');
  return text === 'true';
}

function rawText(cursor: JsonCursor): string {
  const { start, end } = cursor.value();
  return Buffer.from(cursor.bytes.subarray(start, end)).toString('latin1');
}
