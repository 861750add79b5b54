import { JsonCursor } from '../vector/json-cursor.js';
import { isNull, NULL, rawMembers, rawObject, rawValue } from './raw-json.js';

/** A record as raw JSON: every number with the digits and the type that ChromaDB gave it. */
export interface RawRecord {
  readonly id: Buffer;
  readonly document: Buffer;
  readonly metadata: Buffer;
  readonly uri: Buffer;
  readonly embedding: Buffer;
}

export type RecordField = keyof RawRecord;

/** The members of a record's line, in their order. */
export const RECORD_FIELDS = ['id', 'document', 'metadata', 'uri', 'embedding'] as const;

/** ChromaDB's columns. */
const COLUMNS: Readonly<Record<string, RecordField>> = {
  ids: 'id',
  documents: 'document',
  metadatas: 'metadata',
  uris: 'uri',
  embeddings: 'embedding',
};

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

/**
 * Turns the columns of ChromaDB's answer to a `get` into records, by id.
 * @throws JsonSyntaxError where the bytes are not such an answer
 */
export function recordsByColumn(answer: Uint8Array): Map<string, RawRecord> {
  const columns: Partial<Record<RecordField, Buffer[]>> = {};
  const ids: string[] = [];
  const cursor = new JsonCursor(answer);
  cursor.object((key) => {
    const field = COLUMNS[key];
    if (field === undefined || cursor.isNull()) {
      if (field === undefined) cursor.value();
      return;
    }
    const column: Buffer[] = (columns[field] = []);
    cursor.array(() => {
      if (field === 'id') ids.push(new JsonCursor(answer, cursor.position).string());
      column.push(field === 'embedding' ? vectorSlice(cursor) : oneLine(cursor));
    });
  });
  const at = (field: RecordField, index: number) => columns[field]?.[index] ?? NULL;
  return new Map(
    ids.map((id, index) => [
      id,
      {
        id: at('id', index),
        document: at('document', index),
        metadata: inKeyOrder(at('metadata', index)),
        uri: at('uri', index),
        embedding: at('embedding', index),
      },
    ]),
  );
}

/** A record's line without its line feed. */
export function recordLine(record: RawRecord): Buffer {
  return rawObject(RECORD_FIELDS.map((field) => [field, record[field]]));
}

/**
 * Reads a record's line back.
 * @returns undefined when the line is not a record's
 * @throws JsonSyntaxError where it is not JSON
 */
export function parseRecordLine(line: Uint8Array): RawRecord | undefined {
  const found: Partial<Record<RecordField, Buffer>> = {};
  const cursor = new JsonCursor(line);
  cursor.object((key) => {
    if (!isRecordField(key)) return false;
    found[key] = key === 'embedding' ? vectorSlice(cursor) : rawValue(cursor);
    return true;
  });
  const { id, document, metadata, uri, embedding } = found;
  if (!id || !document || !metadata || !uri || !embedding) return undefined;
  cursor.end();
  return { id, document, metadata, uri, embedding };
}

/** The id of a record as text. */
export function idOf({ id }: RawRecord): string {
  return new JsonCursor(id).string();
}

function isRecordField(key: string): key is RecordField {
  return RECORD_FIELDS.some((field) => field === key);
}

/** Vectors are most of the bytes; their end is found without reading their numbers. */
function vectorSlice(cursor: JsonCursor): Buffer {
  return cursor.flatArray() ?? rawValue(cursor);
}

/** No line feed is left: in JSON it can only stand between values. */
function oneLine(cursor: JsonCursor): Buffer {
  const value = rawValue(cursor);
  if (!value.includes(LINE_FEED) && !value.includes(CARRIAGE_RETURN)) return value;
  return Buffer.from(value.map((byte) => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? SPACE : byte)));
}

/** ChromaDB gives the members of metadata in any order, another one each time. */
function inKeyOrder(metadata: Buffer): Buffer {
  if (isNull(metadata)) return metadata;
  return rawObject([...rawMembers(metadata)].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
