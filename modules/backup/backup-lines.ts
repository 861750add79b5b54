import { JsonCursor } from '../vector/json-cursor.js';
import { rawArray, rawObject } from './raw-json.js';

/** The version of the format that is written, and the only one that is read. */
export const FORMAT_VERSION = 1;

/** Where a backup was taken. */
export interface BackupSource {
  readonly url: string;
  /** As ChromaDB tells it. */
  readonly version: string;
  readonly tenant: string;
  readonly database: string;
}

/** The first line: what is backed up, and when that began. Times are ISO 8601, in UTC. */
export interface BackupHead {
  readonly format: number;
  readonly started_at: string;
  readonly source: BackupSource;
  /** All collections of the database, or the one that is listed. */
  readonly all: boolean;
  readonly collections: readonly { readonly id: string; readonly name: string }[];
}

/** The last line of a collection. Its records were read between `listed_at` and `read_until`. */
export interface CollectionEnd {
  readonly records: number;
  /** Records that were listed, and deleted before they were read. */
  readonly missing: number;
  readonly read_until: string;
  readonly queries: readonly SampledQuery[];
}

/** What the store answered to a query at the end of its backup. */
export interface SampledQuery {
  readonly embedding: readonly number[];
  readonly ids: readonly string[];
  readonly distances: readonly number[];
}

/** The last line but the seal. */
export interface BackupTrailer {
  readonly finished_at: string;
  readonly collections: number;
  readonly records: number;
  /** Names of collections that were deleted before their turn. */
  readonly left_out: readonly string[];
}

const RECORD_START = Buffer.from('{"id":');
const LINE_FEED = Buffer.from('\n');

/** A line of JSON, its line feed included. */
export function textLine(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** The first line of a collection: ChromaDB's description as it came. */
export function collectionLine(description: Uint8Array, listedAt: string, listed: number): Buffer {
  const collection = rawObject([
    ['listed_at', Buffer.from(JSON.stringify(listedAt))],
    ['listed', Buffer.from(String(listed))],
    ['description', description],
  ]);
  return Buffer.concat([rawObject([['collection', collection]]), LINE_FEED]);
}

/** A part of a collection's listing: ids in the order in which ChromaDB inserted them. */
export function idsLine(ids: readonly Uint8Array[]): Buffer {
  return Buffer.concat([rawObject([['ids', rawArray(ids)]]), LINE_FEED]);
}

/** The lines of a text, without their line feeds. */
export function* linesOf(text: Buffer): Generator<Buffer, void> {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf(LINE_FEED, start);
    if (end < 0) throw new Error('the last line has no end');
    yield text.subarray(start, end);
    start = end + 1;
  }
}

export function isRecordLine(line: Buffer): boolean {
  return line.subarray(0, RECORD_START.length).equals(RECORD_START);
}

/** The first member of a line that is no record's: it names the line's kind. */
export function kindOf(line: Buffer): string {
  let kind = '';
  new JsonCursor(line).object((key) => {
    kind = key;
    return false;
  });
  return kind;
}
