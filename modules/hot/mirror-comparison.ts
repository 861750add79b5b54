import type { DriftKind } from '../vector/drift-kind.js';
import { JsonCursor } from '../vector/json-cursor.js';
import type { Placed } from './byte-arena.js';
import type { ListedPlaces, RecordDrift } from './hot-protocol.js';
import { sameVector } from './mirror-contents.store.js';
import type { RecordFields } from './record-texts.js';
import type { StoredRecord } from './stored-record.js';
import type { StoredRecords } from './stored-records.js';

/** The place of a record that the mirror has not. */
export const NOWHERE = -1;

/** A record as ChromaDB has it. */
export interface ReadRecord {
  readonly key: string;
  readonly fields: RecordFields;
  readonly vector: Float32Array;
}

/**
 * Tells in what the asked records differ from those that ChromaDB gave for them. Yields after each record;
 * what changes meanwhile may be told or not.
 */
export function* compareRecords(
  records: StoredRecords,
  asked: readonly string[],
  read: readonly ReadRecord[],
): Generator<void, RecordDrift[]> {
  const byKey = new Map(read.map((record) => [record.key, record]));
  const drift: RecordDrift[] = [];
  for (const id of asked) {
    const kinds = differences(records.find(id), byKey.get(id));
    if (kinds.length > 0) drift.push({ id, kinds });
    yield;
  }
  return drift;
}

/**
 * Tells where the mirror has the listed records, and which it has that are not listed. Yields after each;
 * nothing may change meanwhile.
 */
export function* placesOf(records: StoredRecords, ids: readonly string[]): Generator<void, ListedPlaces> {
  const places = new Float64Array(ids.length);
  const listed = new Set<string>();
  for (const [row, id] of ids.entries()) {
    places[row] = records.find(id)?.position ?? NOWHERE;
    listed.add(id);
    yield;
  }
  const unlisted: string[] = [];
  for (const key of records.keys()) {
    if (!listed.has(key)) unlisted.push(key);
    yield;
  }
  return { places, unlisted };
}

function differences(held: StoredRecord | undefined, read: ReadRecord | undefined): DriftKind[] {
  if (held === undefined) return read ? ['missing'] : [];
  if (read === undefined) return ['extra'];
  const kinds: DriftKind[] = [];
  if (!sameVector(held.vector, read.vector)) kinds.push('vector');
  if (!sameText(held.document, read.fields.document)) kinds.push('document');
  if (!sameMetadata(held.metadata, read.fields.metadata)) kinds.push('metadata');
  if (!sameText(held.uri, read.fields.uri)) kinds.push('uri');
  return kinds;
}

/** The same bytes, as answers would show them. */
function sameText(a: Placed | undefined, b: Placed | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

/** The order of the members is ChromaDB's hash map's: another one at each reading. */
function sameMetadata(a: Placed | undefined, b: Placed | undefined): boolean {
  if (sameText(a, b)) return true;
  if (a === undefined || b === undefined || bytesOf(a).length !== bytesOf(b).length) return false;
  const members = membersOf(a);
  const others = membersOf(b);
  return members.size === others.size && [...members].every(([key, text]) => others.get(key) === text);
}

/** Values as JSON text, so that `1` and `1.0` differ, by key. */
function membersOf(metadata: Placed): ReadonlyMap<string, string> {
  const cursor = new JsonCursor(metadata.chunk, metadata.start);
  const members = new Map<string, string>();
  cursor.object((key) => {
    const { start, end } = cursor.value();
    members.set(key, Buffer.from(metadata.chunk.subarray(start, end)).toString('latin1'));
  });
  return members;
}

function bytesOf({ chunk, start, end }: Placed): Uint8Array {
  return chunk.subarray(start, end);
}
