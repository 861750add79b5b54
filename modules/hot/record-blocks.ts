import { JsonCursor } from '../vector/json-cursor.js';
import { lengthsOf, RecordTexts, totalOf, type TextLengths } from './record-texts.js';
import type { StoredRecord } from './stored-record.js';

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
  readonly texts: RecordTexts;
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
    textBytes += record.texts.bytes;
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
    const { chunk, start, end } = record.texts.all;
    words.set([record.slot, ...wordsOf(lengthsOf(record.texts))], HEADER_WORDS + index * RECORD_WORDS);
    bytes.set(chunk.subarray(start, end), textAt);
    textAt += end - start;
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

/** The records of a block. Their texts and vectors are views of its bytes. */
export function* decodeBlock(bytes: Uint8Array<ArrayBuffer>, dimension: number): Generator<BlockRecord> {
  const { buffer, byteOffset } = bytes;
  const count = new Uint32Array(buffer, byteOffset, HEADER_WORDS)[1] ?? 0;
  const words = new Uint32Array(buffer, byteOffset + HEADER_WORDS * WORD_BYTES, count * RECORD_WORDS);
  let textAt = (HEADER_WORDS + count * RECORD_WORDS) * WORD_BYTES;
  let vectorAt = bytes.length - count * dimension * Float32Array.BYTES_PER_ELEMENT;
  for (let at = 0; at < words.length; at += RECORD_WORDS) {
    const lengthOf = (field: number): number => Math.max(0, (words[at + field] ?? 0) - 1);
    const lengths = { id: lengthOf(1), document: lengthOf(2), metadata: lengthOf(3), uri: lengthOf(4) };
    if (lengths.id === 0) throw new RangeError('a record needs an id');
    const texts = new RecordTexts(bytes, textAt, lengths);
    const key = new JsonCursor(bytes, textAt).string();
    textAt += totalOf(lengths);
    const vector = new Float32Array(buffer, byteOffset + vectorAt, dimension);
    vectorAt += vector.byteLength;
    yield { key, texts, vector, slot: words[at] ?? 0 };
  }
}

function wordsOf({ id, document, metadata, uri }: TextLengths): number[] {
  return [id, document, metadata, uri].map((length) => (length === 0 ? 0 : length + 1));
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / WORD_BYTES) * WORD_BYTES;
}
