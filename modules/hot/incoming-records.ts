import { areFinite } from '../vector/finite-vector.js';
import { JsonSyntaxError } from '../vector/json-cursor.js';
import type { Placed } from './byte-arena.js';
import { CosineStorage, storedCosine } from './cosine-storage.js';
import type { MirrorSpec } from './hot-protocol.js';
import type { ReadRecord } from './mirror-comparison.js';
import { readRecordPage, type RecordPage, type Span } from './record-page.js';
import type { RecordFields } from './record-texts.js';
import { readWrittenPage, Unforeseeable } from './written-page.js';

const EMPTY_METADATA: Placed = { chunk: Buffer.from('{}'), start: 0, end: 2 };

/** The records of a body; undefined where it is not certain what ChromaDB makes of it. */
export type WrittenRecords = readonly ReadRecord[] | undefined;

/** Reads records for a mirror: as ChromaDB gives them, or out of bodies that were written to it. */
export class IncomingRecords {
  private readonly cosine = new CosineStorage();

  constructor(private readonly spec: MirrorSpec) {}

  /** The records of pages that ChromaDB gave. Yields after each. */
  *readBack(pages: readonly Uint8Array[]): Generator<void, ReadRecord[]> {
    let records: ReadRecord[] = [];
    for (const bytes of pages) records = records.concat(yield* recordsOfPage(bytes, this.spec.dimension));
    for (const { key, vector } of records) this.cosine.check(key, vector);
    return records;
  }

  /**
   * The records of the body of an `add` or `upsert`, as they were written. Yields after each.
   * @returns undefined where it is not certain what ChromaDB makes of it, or an id comes twice
   */
  *written(body: Uint8Array): Generator<void, WrittenRecords> {
    try {
      const page = yield* readWrittenPage(body, this.spec.dimension);
      const isPlain = new Set(page.ids).size === page.ids.length;
      return isPlain ? recordsOf(page, this.spec.dimension) : undefined;
    } catch (error) {
      if (error instanceof Unforeseeable || error instanceof JsonSyntaxError) return undefined;
      throw error;
    }
  }

  /** What was written, and is new, as ChromaDB gives it back; undefined where that is not certain. */
  stored(written: readonly ReadRecord[]): ReadRecord[] | undefined {
    const { space } = this.spec;
    if (space === 'cosine' && !this.cosine.isProven) {
      for (const { key, vector } of written) this.cosine.expect(key, vector);
      return undefined;
    }
    const records = written.map(({ key, fields, vector }) => ({
      key,
      fields: asPrinted(fields),
      vector: space === 'cosine' ? storedCosine(vector) : vector,
    }));
    return records.every(({ vector }) => areFinite(vector)) ? records : undefined;
  }
}

/** The records of a page that ChromaDB gave. Yields after each. */
export function* recordsOfPage(bytes: Uint8Array, dimension: number): Generator<void, ReadRecord[]> {
  return recordsOf(yield* readRecordPage(bytes, dimension), dimension);
}

function recordsOf(page: RecordPage, dimension: number): ReadRecord[] {
  return page.ids.map((key, row) => ({
    key,
    fields: fieldsOf(page, row),
    vector: page.vectors.subarray(row * dimension, (row + 1) * dimension),
  }));
}

/** ChromaDB prints no metadata as null, or as an empty object where a record has a URI: it is kept there. */
function asPrinted(fields: RecordFields): RecordFields {
  const isEmpty = fields.metadata === undefined && fields.uri !== undefined;
  return isEmpty ? { ...fields, metadata: EMPTY_METADATA } : fields;
}

function fieldsOf({ bytes, idTexts, documents, metadatas, uris }: RecordPage, row: number): RecordFields {
  const place = (span: Span | undefined): Placed | undefined => span && { chunk: bytes, ...span };
  const id = place(idTexts[row]);
  if (id === undefined) throw new RangeError('a record needs an id');
  return { id, document: place(documents[row]), metadata: place(metadatas[row]), uri: place(uris[row]) };
}
