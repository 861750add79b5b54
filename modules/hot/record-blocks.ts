import { JsonCursor } from '../vector/json-cursor.js';
import type { Placed } from './byte-arena.js';
import type { RecordFields, StoredRecord } from './stored-records.js';

/** A block ends with the record that reaches it. */
const BLOCK_BYTES = 1024 * 1024;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;
/** Bytes of the block, and records in it. */
const HEADER_WORDS = 2;
/** Slot, and lengths of id, document, metadata and uri, one more than they have; 0 for an absent field. */
const RECORD_WORDS = 5;

/**
 * Records as bytes: the length of all in four bytes, then their number, words of each record, texts, padding,
 * vectors. Numbers are in the processor's order.
 */
export interface EncodedBlock {
  readonly bytes: Uint8Array;
  /** Index of the first record that is not in it. */
  readonly next: number;
}

/** A record as a block holds it. */
export interface BlockRecord {
  readonly key: string;
  readonly fields: RecordFields;
  readonly vector: Float32Array;
  readonly slot: number;
}

/** Encodes records from the index on, as many as make a block; skips absent ones. Yields after each. */
export function* encodeBlock(
  records: readonly (StoredRecord | undefined)[],
  from: number,
): Generator<void, EncodedBlock> {
  const chosen: StoredRecord[] = [];
  let [next, textBytes, vectorBytes] = [from, 0, 0];
  for (; next < records.length && textBytes + vectorBytes < BLOCK_BYTES; next++) {
    const record = records[next];
    if (record === undefined) continue;
    chosen.push(record);
    for (const text of textsOf(record)) textBytes += lengthOf(text);
    vectorBytes += record.vector.byteLength;
    yield;
  }
  const textStart = (HEADER_WORDS + chosen.length * RECORD_WORDS) * WORD_BYTES;
  const vectorStart = aligned(textStart + textBytes);
  const bytes = new Uint8Array(vectorStart + vectorBytes);
  const words = new Uint32Array(bytes.buffer, 0, textStart / WORD_BYTES);
  words.set([bytes.length, chosen.length]);
  let [textAt, vectorAt] = [textStart, vectorStart];
  for (const [index, record] of chosen.entries()) {
    const texts = textsOf(record);
    const lengths = texts.map((text) => (text === undefined ? 0 : lengthOf(text) + 1));
    words.set([record.slot, ...lengths], HEADER_WORDS + index * RECORD_WORDS);
    for (const text of texts) {
      if (text) bytes.set(text.chunk.subarray(text.start, text.end), textAt);
      textAt += lengthOf(text);
    }
    new Float32Array(bytes.buffer, vectorAt, record.vector.length).set(record.vector);
    vectorAt += record.vector.byteLength;
    yield;
  }
  return { bytes, next };
}

/** The length of the block at `at`; 0 where it does not end before `end`. */
export function blockBytes(bytes: Uint8Array<ArrayBuffer>, at: number, end: number): number {
  if (at + HEADER_WORDS * WORD_BYTES > end) return 0;
  const length = new Uint32Array(bytes.buffer, bytes.byteOffset + at, 1)[0] ?? 0;
  return at + length > end ? 0 : length;
}

/** The records of a block. Their fields and vectors are views of its bytes. */
export function* decodeBlock(bytes: Uint8Array<ArrayBuffer>, dimension: number): Generator<BlockRecord> {
  const { buffer, byteOffset } = bytes;
  const count = new Uint32Array(buffer, byteOffset, HEADER_WORDS)[1] ?? 0;
  const words = new Uint32Array(buffer, byteOffset + HEADER_WORDS * WORD_BYTES, count * RECORD_WORDS);
  let textAt = (HEADER_WORDS + count * RECORD_WORDS) * WORD_BYTES;
  let vectorAt = bytes.length - count * dimension * Float32Array.BYTES_PER_ELEMENT;
  for (let at = 0; at < words.length; at += RECORD_WORDS) {
    const next = (field: number): Placed | undefined => {
      const length = (words[at + field] ?? 0) - 1;
      if (length < 0) return undefined;
      const start = textAt;
      textAt += length;
      return { chunk: bytes, start, end: textAt };
    };
    const [id, document, metadata, uri] = [next(1), next(2), next(3), next(4)];
    if (id === undefined) throw new RangeError('a record needs an id');
    const vector = new Float32Array(buffer, byteOffset + vectorAt, dimension);
    vectorAt += vector.byteLength;
    const key = new JsonCursor(bytes, id.start).string();
    yield { key, fields: { id, document, metadata, uri }, vector, slot: words[at] ?? 0 };
  }
}

function textsOf({ id, document, metadata, uri }: RecordFields): readonly (Placed | undefined)[] {
  return [id, document, metadata, uri];
}

function lengthOf(text: Placed | undefined): number {
  return text ? text.end - text.start : 0;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;
}
