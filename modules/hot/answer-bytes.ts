import type { Include } from '../vector/read-request.js';
import type { Placed } from './byte-arena.js';
import type { ByteWriter } from './byte-writer.js';

/** A record's fields as an answer tells them; absent ones are null. */
export interface AnsweredFields {
  readonly id: Placed;
  readonly document: Placed | undefined;
  readonly metadata: Placed | undefined;
  readonly uri: Placed | undefined;
  readonly vector: Float32Array;
}

/** One record of an answer to a query. */
export interface AnsweredNeighbour {
  readonly record: AnsweredFields;
  readonly distance: number;
}

/** The columns of ChromaDB's answers in its order; `ids` is always there. */
const FIELD_COLUMNS = ['ids', 'embeddings', 'documents', 'uris', 'metadatas'] as const;
const QUERY_COLUMNS = [...FIELD_COLUMNS, 'distances'] as const;
type FieldColumn = (typeof FIELD_COLUMNS)[number];

/** Items written between two pauses: half a millisecond for as many vectors of 768 floats. */
const ITEMS_PER_PAUSE = 16;

/** Writes ChromaDB's answer to `query`: one list of records for each query vector. Pauses now and then. */
export function writeQueryAnswer(
  out: ByteWriter,
  lists: readonly (readonly AnsweredNeighbour[])[],
  include: readonly Include[],
): Generator<void, void> {
  return writeColumns(out, QUERY_COLUMNS, include, (column) =>
    writeList(out, lists, (list) =>
      writeList(out, list, ({ record, distance }) => {
        if (column === 'distances') out.float(distance);
        else writeField(out, column, record);
      }),
    ),
  );
}

/**
 * Writes ChromaDB's answer to `get`. It may be asked to include distances, and has none. Pauses now and then.
 */
export function writeRecordsAnswer(
  out: ByteWriter,
  records: readonly AnsweredFields[],
  include: readonly Include[],
): Generator<void, void> {
  return writeColumns(out, FIELD_COLUMNS, include, (column) =>
    writeList(out, records, (record) => {
      writeField(out, column, record);
    }),
  );
}

function* writeColumns<C extends 'ids' | Include>(
  out: ByteWriter,
  columns: readonly C[],
  include: readonly Include[],
  write: (column: C) => Generator<void, void>,
): Generator<void, void> {
  for (const column of columns) {
    out.ascii(`${column === 'ids' ? '{' : ','}"${column}":`);
    if (column === 'ids' || include.some((name) => name === column)) yield* write(column);
    else out.ascii('null');
  }
  out.ascii(`,"include":${JSON.stringify(include)}}`);
}

function writeField(out: ByteWriter, column: FieldColumn, record: AnsweredFields): void {
  switch (column) {
    case 'ids':
      writePlaced(out, record.id);
      break;
    case 'embeddings':
      out.floats(record.vector);
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

export function* writeList<T>(
  out: ByteWriter,
  items: readonly T[],
  write: (item: T) => Generator<void, void> | void,
): Generator<void, void> {
  out.ascii('[');
  for (const [index, item] of items.entries()) {
    if (index > 0) out.ascii(',');
    const rest = write(item);
    if (rest) yield* rest;
    if (index % ITEMS_PER_PAUSE === ITEMS_PER_PAUSE - 1) yield;
  }
  out.ascii(']');
}

export function writePlaced(out: ByteWriter, placed: Placed | undefined): void {
  if (placed === undefined) out.ascii('null');
  else out.bytes(placed.chunk, placed.start, placed.end);
}
