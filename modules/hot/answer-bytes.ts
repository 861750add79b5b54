import type { Include } from '../vector/read-request.js';
import type { Placed } from './byte-arena.js';
import type { ByteWriter } from './byte-writer.js';

/** One record of an answer; absent fields are null. */
export interface AnswerRecord {
  readonly id: Placed;
  readonly document: Placed | undefined;
  readonly metadata: Placed | undefined;
  readonly uri: Placed | undefined;
  readonly vector: Float32Array;
  readonly distance: number;
}

/** The columns of ChromaDB's query answer, in its order; `ids` is always there. */
const COLUMNS: readonly ('ids' | Include)[] = [
  'ids',
  'embeddings',
  'documents',
  'uris',
  'metadatas',
  'distances',
];

/** Items written between two pauses: half a millisecond for as many vectors of 768 floats. */
const ITEMS_PER_PAUSE = 16;

/** Writes ChromaDB's answer to a query: one list of records for each query vector. Pauses now and then. */
export function* writeQueryAnswer(
  out: ByteWriter,
  lists: readonly (readonly AnswerRecord[])[],
  include: readonly Include[],
): Generator<void, void> {
  for (const column of COLUMNS) {
    out.ascii(`${column === 'ids' ? '{' : ','}"${column}":`);
    if (column !== 'ids' && !include.includes(column)) out.ascii('null');
    else
      yield* writeList(out, lists, (list) =>
        writeList(out, list, (record) => {
          writeField(out, column, record);
        }),
      );
  }
  out.ascii(`,"include":${JSON.stringify(include)}}`);
}

function writeField(out: ByteWriter, column: 'ids' | Include, record: AnswerRecord): void {
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
    case 'distances':
      out.float(record.distance);
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
