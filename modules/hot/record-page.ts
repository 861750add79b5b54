import { JsonCursor } from '../vector/json-cursor.js';

/** A half-open range of a page's bytes, or of others. */
export interface Span {
  readonly chunk?: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Records in columns. Fields stay raw JSON text, so that every number keeps its digits and its type. */
export interface RecordPage {
  readonly bytes: Uint8Array;
  readonly ids: readonly string[];
  readonly idTexts: readonly Span[];
  /** One vector after the other; empty when the page has none. */
  readonly vectors: Float32Array;
  /** Undefined for a null field, and for all when the page lacks the column. */
  readonly documents: readonly (Span | undefined)[];
  readonly metadatas: readonly (Span | undefined)[];
  readonly uris: readonly (Span | undefined)[];
}

/**
 * Reads ChromaDB's columnar JSON of records (`{"ids":[…],"embeddings":[[…]],…}`). Yields after each vector,
 * as a page holds hundreds of thousands of numbers.
 * @param dimension floats a vector must have
 * @throws JsonSyntaxError for other bytes; RangeError when a column's length or a vector's does not fit
 */
export function* readRecordPage(bytes: Uint8Array, dimension: number): Generator<void, RecordPage> {
  const cursor = new JsonCursor(bytes);
  const ids: string[] = [];
  const idTexts: Span[] = [];
  let vectors: Float32Array = new Float32Array(0);
  const fields: Record<string, (Span | undefined)[]> = { documents: [], metadatas: [], uris: [] };
  for (const key of cursor.members()) {
    const column = fields[key];
    if (cursor.isNull()) continue;
    if (key === 'ids') readIds(cursor, ids, idTexts);
    else if (key === 'embeddings') vectors = yield* readVectors(cursor, ids.length, dimension);
    else if (column) readSpans(cursor, column);
    else cursor.value();
  }
  cursor.end();
  const { documents = [], metadatas = [], uris = [] } = fields;
  for (const column of [documents, metadatas, uris]) {
    if (column.length !== 0 && column.length !== ids.length) throw new RangeError('columns differ in length');
  }
  return { bytes, ids, idTexts, vectors, documents, metadatas, uris };
}

/**
 * Reads the ids of ChromaDB's columnar JSON, in its order. Yields after each, as a listing may be of a whole
 * collection. Throws as `readRecordPage` does.
 */
export function* readListing(bytes: Uint8Array): Generator<void, string[]> {
  const cursor = new JsonCursor(bytes);
  const ids: string[] = [];
  for (const key of cursor.members()) {
    if (key !== 'ids') cursor.value();
    else yield* readTexts(cursor, ids);
  }
  cursor.end();
  return ids;
}

function* readTexts(cursor: JsonCursor, texts: string[]): Generator<void, void> {
  for (const index of cursor.elements()) {
    texts[index] = cursor.string();
    yield;
  }
}

function readIds(cursor: JsonCursor, ids: string[], idTexts: Span[]): void {
  cursor.array(() => {
    cursor.peek();
    const start = cursor.position;
    ids.push(cursor.string());
    idTexts.push({ start, end: cursor.position });
  });
}

/** ChromaDB writes `ids` before `embeddings`, so their number is known. */
function* readVectors(cursor: JsonCursor, count: number, dimension: number): Generator<void, Float32Array> {
  const vectors = new Float32Array(count * dimension);
  let rows = 0;
  for (const row of cursor.elements()) {
    const length = cursor.floats(vectors, row * dimension);
    if (length !== dimension) throw new RangeError(`a vector has ${length} floats, not ${dimension}`);
    rows++;
    yield;
  }
  if (rows !== count) throw new RangeError('as many vectors as ids were expected');
  return vectors;
}

function readSpans(cursor: JsonCursor, spans: (Span | undefined)[]): void {
  cursor.array(() => {
    spans.push(cursor.isNull() ? undefined : cursor.value());
  });
}
