import { float32Text } from '../vector/float32-text.js';
import type { Include } from '../vector/search-request.js';
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

type Column = readonly [
  name: string,
  include: Include | undefined,
  write: (out: ByteWriter, record: AnswerRecord) => void,
];

/** The columns of ChromaDB's query answer, in its order. */
const COLUMNS: readonly Column[] = [
  [
    'ids',
    undefined,
    (out, record) => {
      writePlaced(out, record.id);
    },
  ],
  [
    'embeddings',
    'embeddings',
    (out, record) => {
      writeVector(out, record.vector);
    },
  ],
  [
    'documents',
    'documents',
    (out, record) => {
      writePlaced(out, record.document);
    },
  ],
  [
    'uris',
    'uris',
    (out, record) => {
      writePlaced(out, record.uri);
    },
  ],
  [
    'metadatas',
    'metadatas',
    (out, record) => {
      writePlaced(out, record.metadata);
    },
  ],
  [
    'distances',
    'distances',
    (out, record) => {
      out.ascii(float32Text(record.distance));
    },
  ],
];

/** Writes ChromaDB's answer to a query: one list of records for each query vector. */
export function writeQueryAnswer(
  out: ByteWriter,
  lists: readonly (readonly AnswerRecord[])[],
  include: readonly Include[],
): void {
  for (const [name, needed, write] of COLUMNS) {
    out.ascii(`${name === 'ids' ? '{' : ','}"${name}":`);
    if (needed !== undefined && !include.includes(needed)) out.ascii('null');
    else
      writeList(out, lists, (list) => {
        writeList(out, list, (record) => {
          write(out, record);
        });
      });
  }
  out.ascii(`,"include":${JSON.stringify(include)}}`);
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
