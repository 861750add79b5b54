import { float32Text } from '../vector/float32-text.js';
import type { Include } from '../vector/read-request.js';
import type { Placed } from './byte-arena.js';
import type { ByteWriter } from './byte-writer.js';

/** A record's fields as an answer tells them; absent ones are null. */
export interface RecordFields {
  readonly id: Placed;
  readonly document: Placed | undefined;
  readonly metadata: Placed | undefined;
  readonly uri: Placed | undefined;
  readonly vector: Float32Array;
}

/** One record of an answer to a query. */
export interface AnswerRecord extends RecordFields {
  readonly distance: number;
}

/** The columns of ChromaDB's answers in its order; `ids` is always there. */
const FIELD_COLUMNS = ['ids', 'embeddings', 'documents', 'uris', 'metadatas'] as const;
const QUERY_COLUMNS = [...FIELD_COLUMNS, 'distances'] as const;
type FieldColumn = (typeof FIELD_COLUMNS)[number];

/** Writes ChromaDB's answer to `query`: one list of records for each query vector. */
export function writeQueryAnswer(
  out: ByteWriter,
  lists: readonly (readonly AnswerRecord[])[],
  include: readonly Include[],
): void {
  writeColumns(out, QUERY_COLUMNS, include, (column) => {
    writeList(out, lists, (list) => {
      writeList(out, list, (record) => {
        if (column === 'distances') out.ascii(float32Text(record.distance));
        else writeField(out, column, record);
      });
    });
  });
}

/** Writes ChromaDB's answer to `get`. It may be asked to include distances, and has none. */
export function writeRecordsAnswer(
  out: ByteWriter,
  records: readonly RecordFields[],
  include: readonly Include[],
): void {
  writeColumns(out, FIELD_COLUMNS, include, (column) => {
    writeList(out, records, (record) => {
      writeField(out, column, record);
    });
  });
}

function writeColumns<C extends 'ids' | Include>(
  out: ByteWriter,
  columns: readonly C[],
  include: readonly Include[],
  write: (column: C) => void,
): void {
  for (const column of columns) {
    out.ascii(`${column === 'ids' ? '{' : ','}"${column}":`);
    if (column === 'ids' || include.some((name) => name === column)) write(column);
    else out.ascii('null');
  }
  out.ascii(`,"include":${JSON.stringify(include)}}`);
}

function writeField(out: ByteWriter, column: FieldColumn, record: RecordFields): void {
  switch (column) {
    case 'ids':
      writePlaced(out, record.id);
      break;
    case 'embeddings':
      writeVector(out, record.vector);
      break;
    case 'documents':
      writePlaced(out, record.document);
      break;
    case 'uris':
      writePlaced(out, record.uri);
      break;
    case 'metadatas':
      writePlaced(out, record.metadata);
      break;
  }
}

function writeList<T>(out: ByteWriter, items: readonly T[], write: (item: T) => void): void {
  out.ascii('[');
  items.forEach((item, index) => {
    if (index > 0) out.ascii(',');
    write(item);
  });
  out.ascii(']');
}

function writePlaced(out: ByteWriter, placed: Placed | undefined): void {
  if (placed === undefined) out.ascii('null');
  else out.bytes(placed.chunk, placed.start, placed.end);
}

function writeVector(out: ByteWriter, vector: Float32Array): void {
  out.ascii(`[${Array.from(vector, float32Text).join(',')}]`);
}
