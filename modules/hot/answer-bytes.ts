import { float32Text } from '../vector/float32-text.js';
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

/** Writes ChromaDB's answer to a query: one list of records for each query vector. */
export function writeQueryAnswer(
  out: ByteWriter,
  lists: readonly (readonly AnswerRecord[])[],
  include: readonly Include[],
): void {
  for (const column of COLUMNS) {
    out.ascii(`${column === 'ids' ? '{' : ','}"${column}":`);
    if (column !== 'ids' && !include.includes(column)) out.ascii('null');
    else
      writeList(out, lists, (list) => {
        writeList(out, list, (record) => {
          writeField(out, column, record);
        });
      });
  }
  out.ascii(`,"include":${JSON.stringify(include)}}`);
}

function writeField(out: ByteWriter, column: 'ids' | Include, record: AnswerRecord): void {
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
    case 'distances':
      out.ascii(float32Text(record.distance));
      break;
  }
}

export function writeList<T>(out: ByteWriter, items: readonly T[], write: (item: T) => void): void {
  out.ascii('[');
  items.forEach((item, index) => {
    if (index > 0) out.ascii(',');
    write(item);
  });
  out.ascii(']');
}

export function writePlaced(out: ByteWriter, placed: Placed | undefined): void {
  if (placed === undefined) out.ascii('null');
  else out.bytes(placed.chunk, placed.start, placed.end);
}

export function writeVector(out: ByteWriter, vector: Float32Array): void {
  out.ascii(`[${Array.from(vector, float32Text).join(',')}]`);
}
