import { JsonCursor } from '../vector/json-cursor.js';

/** JSON values as bytes, never parsed into numbers: each keeps its digits, `1.0` stays a float. */
export const NULL = Buffer.from('null');

export function isNull(value: Buffer): boolean {
  return value.equals(NULL);
}

/** The bytes of the next value. */
export function rawValue(cursor: JsonCursor): Buffer {
  const { start, end } = cursor.value();
  return Buffer.from(cursor.bytes.buffer, cursor.bytes.byteOffset + start, end - start);
}

/** The members of a JSON object as raw values. */
export function rawMembers(object: Uint8Array): Map<string, Buffer> {
  const cursor = new JsonCursor(object);
  return new Map(Array.from(cursor.members(), (key) => [key, rawValue(cursor)]));
}

/** The elements of a JSON array as raw values. */
export function rawElements(array: Uint8Array): Buffer[] {
  const cursor = new JsonCursor(array);
  return Array.from(cursor.elements(), () => rawValue(cursor));
}

/** A JSON object of raw values. */
export function rawObject(members: Iterable<readonly [string, Uint8Array]>): Buffer {
  const parts: Uint8Array[] = [];
  for (const [key, value] of members) {
    parts.push(Buffer.from(`${parts.length === 0 ? '{' : ','}${JSON.stringify(key)}:`), value);
  }
  return Buffer.concat([...(parts.length === 0 ? [Buffer.from('{')] : parts), Buffer.from('}')]);
}

/** A JSON array of raw values. */
export function rawArray(elements: readonly Uint8Array[]): Buffer {
  const comma = Buffer.from(',');
  const parts = elements.flatMap((element, index) => (index === 0 ? [element] : [comma, element]));
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
}
