import type { Include } from '../vector/read-request.js';
import type { AnsweredFields } from './answer-bytes.js';

/**
 * ChromaDB reads the lists among the metadata of all records in one statement of SQLite's, which takes no
 * more values; it fails at more records.
 */
const MAX_RECORDS_WITH_METADATA = 32_766;
/** Beyond, an answer would have to be streamed, for which the worker would hold it for long. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const BYTES_PER_FLOAT = 12;
/** Longest words that stand in for absent fields, and commas. */
const BYTES_PER_RECORD = 24;

/** Whether a mirror answers with these records: ChromaDB can, and the answer is not too large. */
export function isWithinLimits(records: readonly AnsweredFields[], include: readonly Include[]): boolean {
  const withMetadata = include.includes('metadatas') || include.includes('uris');
  if (withMetadata && records.length > MAX_RECORDS_WITH_METADATA) return false;
  return new AnswerRoom().takes(records, include);
}

/** The room of one answer, taken up list by list. */
export class AnswerRoom {
  private bytes = 0;

  /** Whether the records find room beside those before. */
  takes(records: Iterable<AnsweredFields>, include: readonly Include[]): boolean {
    for (const record of records) {
      this.bytes += bytesOf(record, include);
      if (this.bytes > MAX_ANSWER_BYTES) return false;
    }
    return true;
  }
}

function bytesOf(record: AnsweredFields, include: readonly Include[]): number {
  let bytes = BYTES_PER_RECORD + lengthOf(record.id);
  if (include.includes('documents')) bytes += lengthOf(record.document);
  if (include.includes('metadatas')) bytes += lengthOf(record.metadata);
  if (include.includes('uris')) bytes += lengthOf(record.uri);
  if (include.includes('embeddings')) bytes += record.vector.length * BYTES_PER_FLOAT;
  return bytes;
}

function lengthOf(field: AnsweredFields['document']): number {
  return field ? field.end - field.start : 0;
}
