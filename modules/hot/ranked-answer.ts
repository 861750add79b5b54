import { JsonCursor } from '../vector/json-cursor.js';
import type { Selection } from '../vector/ranked-search.js';
import { writeList, writePlaced, type AnsweredFields } from './answer-bytes.js';
import type { Placed } from './byte-arena.js';
import type { ByteWriter } from './byte-writer.js';
import type { Scored } from './ranked-groups.js';

/** What one search found, and what of it is asked for. */
export interface RankedList {
  readonly records: readonly Scored<AnsweredFields>[];
  readonly select: Selection;
}

type Column = 'documents' | 'embeddings' | 'metadatas' | 'scores';

/** ChromaDB keeps a uri among the metadata, and `search`, other than `query`, leaves it there. */
const URI_KEY = 'chroma:uri';

/**
 * Writes ChromaDB's answer to `search`: in each column one list of records for each search, or null where the
 * search does not ask for the column. Pauses now and then.
 */
export function* writeRankedAnswer(out: ByteWriter, lists: readonly RankedList[]): Generator<void, void> {
  out.ascii('{"ids":');
  yield* writeList(out, lists, ({ records }) =>
    writeList(out, records, ({ record }) => {
      writePlaced(out, record.id);
    }),
  );
  for (const column of ['documents', 'embeddings', 'metadatas', 'scores'] as const) {
    out.ascii(`,"${column}":`);
    yield* writeList(out, lists, (list) => writeColumn(out, column, list));
  }
  out.ascii(',"select":');
  yield* writeList(out, lists, ({ select }) =>
    writeList(out, selectedKeys(select), (key) => {
      writeText(out, key);
    }),
  );
  out.ascii('}');
}

function* writeColumn(
  out: ByteWriter,
  column: Column,
  { records, select }: RankedList,
): Generator<void, void> {
  const asked = column === 'metadatas' ? select.metadata || select.fields.length > 0 : select[column];
  if (!asked) out.ascii('null');
  else
    yield* writeList(out, records, (scored) => {
      writeField(out, column, scored, select);
    });
}

function writeField(
  out: ByteWriter,
  column: Column,
  { record, score }: Scored<AnsweredFields>,
  select: Selection,
): void {
  switch (column) {
    case 'documents':
      writePlaced(out, record.document);
      break;
    case 'embeddings':
      out.floats(record.vector);
      break;
    case 'metadatas':
      if (select.metadata && record.uri === undefined) writePlaced(out, record.metadata);
      else writeMembers(out, record, select);
      break;
    case 'scores':
      if (Number.isFinite(score)) out.float(score);
      else out.ascii('null');
      break;
  }
}

/** Copies the JSON text of the members asked for, so that every number keeps its type; null without any. */
function writeMembers(
  out: ByteWriter,
  { metadata, uri }: AnsweredFields,
  { metadata: all, fields }: Selection,
): void {
  let separator = '{';
  const member = (key: string, { chunk, start, end }: Placed) => {
    if (!all && !fields.includes(key)) return;
    out.ascii(separator);
    writeText(out, key);
    out.ascii(':');
    out.bytes(chunk, start, end);
    separator = ',';
  };
  if (metadata) {
    const cursor = new JsonCursor(metadata.chunk, metadata.start);
    cursor.object((key) => {
      member(key, { chunk: metadata.chunk, ...cursor.value() });
    });
  }
  if (uri) member(URI_KEY, uri);
  out.ascii(separator === '{' ? 'null' : '}');
}

/** The keys in ChromaDB's order: its own first, those of metadata by their UTF-8 bytes. */
function selectedKeys({ documents, embeddings, metadata, scores, fields }: Selection): readonly string[] {
  return [
    ...(documents ? ['#document'] : []),
    ...(embeddings ? ['#embedding'] : []),
    ...(metadata ? ['#metadata'] : []),
    ...(scores ? ['#score'] : []),
    ...[...fields].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  ];
}

function writeText(out: ByteWriter, text: string): void {
  const bytes = Buffer.from(JSON.stringify(text));
  out.bytes(bytes, 0, bytes.length);
}
