/*
 * What ChromaDB does with writes of records, as far as the model writes any: checked against the real one at
 * every look.
 */

export type Scalar = string | number | boolean;

export interface StoredRecord {
  readonly vector: readonly number[];
  readonly document: string | null;
  readonly metadata: Readonly<Record<string, Scalar>>;
  readonly uri: string | null;
  /** The same for equal records. */
  readonly key: string;
}

/** Records by id, in the order in which ChromaDB inserted them; or that the collection was deleted. */
export type Contents = ReadonlyMap<string, StoredRecord> | 'gone';

/** One record of a write: what is undefined is not touched, metadata of `null` removes the field. */
export interface Row {
  readonly id: string;
  readonly vector?: readonly number[] | undefined;
  readonly document?: string | undefined;
  readonly metadata?: Readonly<Record<string, Scalar | null>> | undefined;
  readonly uri?: string | undefined;
}

/** The filters that the model evaluates: over fields of one type each, and words in documents. */
export type Filter =
  | { readonly field: string; readonly is: 'equal' | 'unequal' | 'above'; readonly value: Scalar }
  | { readonly word: string }
  | { readonly both: readonly Filter[] }
  | { readonly either: readonly Filter[] };

export type Write =
  | { readonly call: 'add' | 'update' | 'upsert'; readonly rows: readonly Row[] }
  | {
      readonly call: 'delete';
      readonly ids?: readonly string[] | undefined;
      readonly where?: Filter | undefined;
      readonly limit?: number | undefined;
    };

const OPERATORS = { equal: '$eq', unequal: '$ne', above: '$gt' } as const;

/** ChromaDB's `where`. */
export function whereOf(filter: Filter): object {
  if ('both' in filter) return { $and: filter.both.map(whereOf) };
  if ('either' in filter) return { $or: filter.either.map(whereOf) };
  if ('word' in filter) return { '#document': { $contains: filter.word } };
  return { [filter.field]: { [OPERATORS[filter.is]]: filter.value } };
}

/** ChromaDB's body of a write. */
export function bodyOf(write: Write): object {
  if (write.call === 'delete') {
    const { ids, where, limit } = write;
    return { ids, where: where && whereOf(where), limit };
  }
  const { rows } = write;
  const column = <T>(value: (row: Row) => T | undefined) =>
    rows.some((row) => value(row) !== undefined) ? rows.map((row) => value(row) ?? null) : undefined;
  return {
    ids: rows.map(({ id }) => id),
    embeddings: column(({ vector }) => vector),
    documents: column(({ document }) => document),
    metadatas: column(({ metadata }) => metadata),
    uris: column(({ uri }) => uri),
  };
}

/** `$ne` lets through what lacks the field, as ChromaDB does. */
export function holds(filter: Filter, record: StoredRecord): boolean {
  if ('both' in filter) return filter.both.every((part) => holds(part, record));
  if ('either' in filter) return filter.either.some((part) => holds(part, record));
  if ('word' in filter) return record.document?.includes(filter.word) ?? false;
  const value = record.metadata[filter.field];
  if (filter.is === 'unequal') return value !== filter.value;
  if (value === undefined) return false;
  return filter.is === 'equal' ? value === filter.value : value > filter.value;
}

/** Ids of the records that a delete finds, in their order. */
export function foundBy(
  { ids, where, limit }: Extract<Write, { call: 'delete' }>,
  contents: Contents,
): readonly string[] {
  if (contents === 'gone') return [];
  const found = [...contents].filter(
    ([id, record]) => (ids?.includes(id) ?? true) && (where === undefined || holds(where, record)),
  );
  return found.slice(0, limit).map(([id]) => id);
}

export function without(contents: Contents, ids: readonly string[]): Contents {
  if (contents === 'gone') return 'gone';
  const left = new Map(contents);
  for (const id of ids) left.delete(id);
  return left;
}

/** After an add, update or upsert, whose rows ChromaDB takes one after the other. */
export function written({ call, rows }: Exclude<Write, { call: 'delete' }>, contents: Contents): Contents {
  if (contents === 'gone') return 'gone';
  const next = new Map(contents);
  for (const row of rows) {
    const before = next.get(row.id);
    if (call === 'add' ? before !== undefined : call === 'update' && before === undefined) continue;
    next.set(row.id, merged(before, row));
  }
  return next;
}

function merged(before: StoredRecord | undefined, row: Row): StoredRecord {
  const metadata: Record<string, Scalar> = { ...before?.metadata };
  for (const [name, value] of Object.entries(row.metadata ?? {})) {
    if (value === null) Reflect.deleteProperty(metadata, name);
    else metadata[name] = value;
  }
  return storedRecord({
    vector: row.vector ?? before?.vector ?? [],
    document: row.document ?? before?.document ?? null,
    metadata,
    uri: row.uri ?? before?.uri ?? null,
  });
}

function storedRecord(fields: Omit<StoredRecord, 'key'>): StoredRecord {
  const metadata = Object.fromEntries(
    Object.entries(fields.metadata).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const { vector, document, uri } = fields;
  return { ...fields, metadata, key: JSON.stringify([vector, document, metadata, uri]) };
}

/** The same for equal contents in the same order. */
export function keyOf(contents: Contents): string {
  if (contents === 'gone') return contents;
  return [...contents].map(([id, { key }]) => id + key).join('\n');
}
