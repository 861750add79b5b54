import { isNull, rawArray, rawObject } from './raw-json.js';
import { type RawRecord, RECORD_FIELDS, type RecordField } from './raw-record.js';

/** What ChromaDB takes in one call. */
export interface BatchLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

const COLUMN_NAMES: Readonly<Record<RecordField, string>> = {
  id: 'ids',
  document: 'documents',
  metadata: 'metadatas',
  uri: 'uris',
  embedding: 'embeddings',
};

/** The names of the columns, brackets and commas between them. */
const FRAME_BYTES = 128;
const NO_NUMBERS = /^\[\s*null/;
/** Its square is beyond float32. */
const OVERFLOWING = '3e38';

/** The bodies of `add` that bring these records, in order. A record over the limit is alone in its body. */
export function* addBodies(records: readonly RawRecord[], limits: BatchLimits): Generator<Buffer, void> {
  let batch: RawRecord[] = [];
  let bytes = FRAME_BYTES;
  for (const record of records) {
    const more = RECORD_FIELDS.reduce((sum, field) => sum + record[field].length + 1, 0);
    if (batch.length > 0 && (batch.length >= limits.maxRecords || bytes + more > limits.maxBytes)) {
      yield addBody(batch);
      batch = [];
      bytes = FRAME_BYTES;
    }
    batch.push(record);
    bytes += more;
  }
  if (batch.length > 0) yield addBody(batch);
}

function addBody(records: readonly RawRecord[]): Buffer {
  return rawObject(
    RECORD_FIELDS.map((field) => [
      COLUMN_NAMES[field],
      rawArray(records.map((record) => (field === 'embedding' ? takenVector(record[field]) : record[field]))),
    ]),
  );
}

/**
 * In cosine collections ChromaDB takes vectors whose length overflows float32, and from then on tells `null`
 * for each of their elements, which it would not take back. Such a vector stands in for them: it is told in
 * the same way.
 */
function takenVector(vector: Buffer): Buffer {
  const start = vector.subarray(0, 16).toString();
  if (isNull(vector) || !NO_NUMBERS.test(start)) return vector;
  return Buffer.from(vector.toString().replaceAll('null', OVERFLOWING));
}
