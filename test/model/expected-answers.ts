import { near } from '../support/differences.js';
import { holds, whereOf, type Contents, type Filter, type StoredRecord } from './chroma-rules.js';

export const FIELDS = ['documents', 'embeddings', 'metadatas', 'uris'] as const;
export type Field = (typeof FIELDS)[number];

export type Read =
  | { readonly kind: 'count' }
  | {
      readonly kind: 'get';
      readonly ids?: readonly string[] | undefined;
      readonly where?: Filter | undefined;
      readonly limit?: number | undefined;
      readonly offset?: number | undefined;
      readonly include: readonly Field[];
    }
  | {
      readonly kind: 'query';
      readonly vector: readonly number[];
      readonly n: number;
      readonly where?: Filter | undefined;
      readonly include: readonly Field[];
    };
type Get = Extract<Read, { kind: 'get' }>;
type Query = Extract<Read, { kind: 'query' }>;

export type Space = 'l2' | 'ip';

/** Everything that a collection holds, in its order. */
export const ALL: Get = { kind: 'get', include: FIELDS };

/** ChromaDB's body of a read; undefined for a count. */
export function bodyOfRead(read: Read): object | undefined {
  if (read.kind === 'count') return undefined;
  const where = read.where && whereOf(read.where);
  if (read.kind === 'get') {
    const { ids, limit, offset, include } = read;
    return { ids, where, limit, offset, include };
  }
  const include = ['distances', ...read.include];
  return { query_embeddings: [read.vector], n_results: read.n, where, include };
}

/** Whether a collection with these contents gives this answer, ChromaDB's JSON parsed. */
export function explains(contents: Contents, space: Space, read: Read, answer: unknown): boolean {
  if (contents === 'gone') return false;
  if (read.kind === 'count') return answer === contents.size;
  if (read.kind === 'get') return sameGet(contents, read, answer as GetAnswer);
  return isNearest(contents, space, read, answer as QueryAnswer);
}

interface GetAnswer {
  readonly ids: readonly string[];
  readonly documents?: readonly (string | null)[] | null;
  readonly embeddings?: readonly (readonly number[])[] | null;
  readonly metadatas?: readonly (Readonly<Record<string, unknown>> | null)[] | null;
  readonly uris?: readonly (string | null)[] | null;
}

type QueryAnswer = { readonly distances: readonly (readonly number[])[] } & {
  readonly [Column in keyof GetAnswer]: readonly GetAnswer[Column][] | null;
};

function sameGet(contents: ReadonlyMap<string, StoredRecord>, read: Get, answer: GetAnswer): boolean {
  const { ids, where, limit, offset = 0 } = read;
  const found = [...contents]
    .filter(([id, record]) => (ids?.includes(id) ?? true) && (where === undefined || holds(where, record)))
    .slice(offset, limit === undefined ? undefined : offset + limit);
  if (answer.ids.length !== found.length) return false;
  return found.every(
    ([id, record], row) => answer.ids[row] === id && sameRow(record, read.include, answer, row),
  );
}

function sameRow(
  record: StoredRecord,
  include: readonly Field[],
  { documents, embeddings, metadatas, uris }: GetAnswer,
  row: number,
): boolean {
  const shown: Record<Field, () => boolean> = {
    documents: () => documents?.[row] === record.document,
    embeddings: () => sameVector(embeddings?.[row], record.vector),
    metadatas: () => sameMetadata(metadatas?.[row] ?? {}, record.metadata),
    uris: () => uris?.[row] === record.uri,
  };
  return include.every((field) => shown[field]());
}

function sameVector(shown: readonly number[] | undefined, stored: readonly number[]): boolean {
  return shown?.length === stored.length && stored.every((value, place) => shown[place] === value);
}

function sameMetadata(
  shown: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
): boolean {
  const names = Object.keys(stored);
  return Object.keys(shown).length === names.length && names.every((name) => shown[name] === stored[name]);
}

/**
 * Exactly measured: every record found is one that matches, at its own distance, nearest first, and none that
 * is left out is nearer than the last one. Which of equally near ones are found is open.
 */
function isNearest(
  contents: ReadonlyMap<string, StoredRecord>,
  space: Space,
  { vector, n, where, include }: Query,
  answer: QueryAnswer,
): boolean {
  const rows = rowOf(answer);
  const [distances] = answer.distances;
  if (rows === undefined || distances === undefined) return false;
  const matching = new Map([...contents].filter(([, record]) => where === undefined || holds(where, record)));
  const expected = Math.min(n, matching.size);
  if (rows.ids.length !== expected || new Set(rows.ids).size !== expected) return false;
  const allRight = rows.ids.every((id, row) => {
    const record = matching.get(id);
    const distance = distances[row];
    if (record === undefined || distance === undefined) return false;
    matching.delete(id);
    const sorted = row === 0 || distance >= (distances[row - 1] ?? distance);
    return sorted && near(distance, distanceOf(space, vector, record)) && sameRow(record, include, rows, row);
  });
  const last = distances.at(-1) ?? Number.NEGATIVE_INFINITY;
  return (
    allRight && [...matching.values()].every((record) => isBeyond(distanceOf(space, vector, record), last))
  );
}

function isBeyond(distance: number, last: number): boolean {
  return distance >= last || near(distance, last);
}

function rowOf({ ids, documents, embeddings, metadatas, uris }: QueryAnswer): GetAnswer | undefined {
  const [firstIds] = ids ?? [];
  if (firstIds === undefined) return undefined;
  return {
    ids: firstIds,
    documents: documents?.[0] ?? null,
    embeddings: embeddings?.[0] ?? null,
    metadatas: metadatas?.[0] ?? null,
    uris: uris?.[0] ?? null,
  };
}

function distanceOf(space: Space, from: readonly number[], { vector }: StoredRecord): number {
  const terms = vector.map((value, place) => {
    const other = from[place] ?? 0;
    return space === 'l2' ? (value - other) ** 2 : value * other;
  });
  const sum = terms.reduce((one, other) => one + other, 0);
  return space === 'l2' ? sum : 1 - sum;
}
