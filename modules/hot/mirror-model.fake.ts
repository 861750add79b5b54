import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { NearestRequest, RecordsRequest, Space } from '../vector/read-request.js';
import { finish } from './finish.js';
import { PLACES_CERTAIN, type MirrorSpec } from './hot-protocol.js';
import { Mirror } from './mirror.store.js';

/** Fields are raw JSON text. */
interface ModelRecord {
  readonly id: string;
  readonly vector: readonly number[];
  readonly document: string;
  readonly metadata: string;
  readonly uri: string;
}

export type Model = Map<string, ModelRecord>;

type Step =
  | { readonly kind: 'apply'; readonly puts: readonly ModelRecord[]; readonly gone: readonly string[] }
  | { readonly kind: 'retain' | 'order'; readonly ids: readonly string[] }
  /** So many vectors into the graph, and so many steps of a compaction. */
  | { readonly kind: 'work'; readonly built: number; readonly compacted: number };

export interface Answer {
  readonly ids: readonly (readonly string[])[];
  readonly embeddings: readonly (readonly (readonly number[])[])[];
  readonly distances: readonly (readonly number[])[];
}

export const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];
const POOL = ['', '"\\\n', 'é', ...Array.from({ length: 57 }, (_, n) => `r${n}`)];
const METADATAS = ['null', '{"n":1.0}', '{"n":1}', '{"n":9007199254740993,"e":1e2}', '{ "s" : "\\u00e9" }'];
const DOCUMENTS = ['null', '"plain"', '"\\u00e9\\"é"', '""'];

const float = fc.integer({ min: -1_000, max: 1_000 }).map((thousandths) => Math.fround(thousandths / 1_000));

const vectorOf = (dimension: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.array(float, { minLength: dimension, maxLength: dimension }) },
    fc.constantFrom(...[0, 1, -0.5].map((value) => Array.from({ length: dimension }, () => value))),
  );

export const ids = fc.uniqueArray(fc.constantFrom(...POOL), { maxLength: 30, size: 'max' });

const recordsOf = (dimension: number) =>
  fc.uniqueArray(
    fc.record({
      id: fc.constantFrom(...POOL),
      vector: vectorOf(dimension),
      document: fc.constantFrom(...DOCUMENTS),
      metadata: fc.constantFrom(...METADATAS),
      uri: fc.constantFrom('null', '"file:///u"'),
    }),
    { selector: ({ id }) => id, maxLength: 40, size: 'max' },
  );

const stepOf = (dimension: number): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('apply'), puts: recordsOf(dimension), gone: ids }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('retain' as const, 'order' as const), ids }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('work'),
        built: fc.nat({ max: 40 }),
        compacted: fc.nat({ max: 60 }),
      }),
    },
    fc.constant<Step>({ kind: 'retain', ids: [] }),
    fc.constant<Step>({ kind: 'apply', puts: [], gone: POOL }),
  );

export const stepsOf = (dimension: number) =>
  fc.array(stepOf(dimension), { minLength: 1, maxLength: 8, size: 'max' });

export const runs = fc.integer({ min: 1, max: 8 }).chain((dimension) =>
  fc.record({
    space: fc.constantFrom(...SPACES),
    dimension: fc.constant(dimension),
    steps: stepsOf(dimension),
    later: stepsOf(dimension),
    query: vectorOf(dimension),
  }),
);

export function pageOf(records: readonly ModelRecord[]): Buffer {
  const column = (text: (record: ModelRecord) => string) => `[${records.map(text).join(',')}]`;
  return Buffer.from(
    `{"ids":${column(({ id }) => JSON.stringify(id))},` +
      `"embeddings":${column(({ vector }) => JSON.stringify(vector))},` +
      `"documents":${column(({ document }) => document)},"uris":${column(({ uri }) => uri)},` +
      `"metadatas":${column(({ metadata }) => metadata)},"include":[]}`,
  );
}

export const listingOf = (listed: readonly string[]) =>
  Buffer.from(JSON.stringify({ ids: listed, embeddings: null }));

/** Puts the named records of the model in this order, in the places that they hold among all. */
function arrange(model: Model, order: readonly string[]): void {
  const named = order.filter((id) => model.has(id));
  const all = [...model.keys()].map((id) => (named.includes(id) ? undefined : id));
  const records = all.map((id) => model.get(id ?? named.shift() ?? ''));
  model.clear();
  for (const record of records) if (record) model.set(record.id, record);
}

/** There is memory for everything. */
export const ROOM = (): void => undefined;

const compactions = new WeakMap<Mirror, Generator<void, void>>();

function workOn(mirror: Mirror, built: number, compacted: number): void {
  for (let n = 0; n < built; n++) mirror.buildNext();
  const compaction = compactions.get(mirror) ?? mirror.compact();
  compactions.set(mirror, compaction);
  for (let n = 0; n < compacted; n++) if (compaction.next().done) compactions.delete(mirror);
}

export function take(mirror: Mirror, model: Model, step: Step): void {
  if (step.kind === 'work') {
    workOn(mirror, step.built, step.compacted);
    return;
  }
  if (step.kind === 'order') finish(mirror.order(listingOf(step.ids)));
  if (step.kind === 'retain') {
    finish(mirror.retain(listingOf(step.ids)));
    for (const id of [...model.keys()]) if (!step.ids.includes(id)) model.delete(id);
  }
  if (step.kind !== 'apply') {
    arrange(model, step.ids);
    return;
  }
  const asked = [...new Set([...step.puts.map(({ id }) => id), ...step.gone])];
  // One or two pages: they are taken in together.
  const [half, rest] = [step.puts.slice(0, step.puts.length / 2), step.puts.slice(step.puts.length / 2)];
  finish(mirror.apply(asked, [pageOf(half), pageOf(rest)], PLACES_CERTAIN, ROOM));
  const put = new Set(step.puts.map(({ id }) => id));
  for (const id of asked) if (!put.has(id)) model.delete(id);
  for (const record of step.puts) model.set(record.id, record);
}

const EVERY_FIELD = ['embeddings', 'documents', 'uris', 'metadatas'] as const;

export function recordsOfMirror(mirror: Mirror, request: Partial<RecordsRequest> = {}): string | undefined {
  const all = { kind: 'records', offset: 0, limit: undefined, include: EVERY_FIELD, ...request } as const;
  const answer = finish(mirror.read(all));
  return typeof answer === 'string' ? undefined : Buffer.from(answer).toString();
}

export function idsOfMirror(mirror: Mirror): unknown {
  const text = recordsOfMirror(mirror, { include: [] });
  return text === undefined ? undefined : (JSON.parse(text) as { ids: unknown }).ids;
}

/** The answer to `get` holds these records with their fields in the model's order. */
export function expectInOrder(text: string | undefined, records: readonly ModelRecord[]): void {
  const column = (name: string, field: (record: ModelRecord) => string) =>
    `"${name}":[${records.map(field).join(',')}]`;
  expect(text).toContain(`{${column('ids', ({ id }) => JSON.stringify(id))},`);
  expect(text).toContain(`,${column('documents', ({ document }) => document)},`);
  expect(text).toContain(`,${column('metadatas', ({ metadata }) => metadata)},`);
  expect(text).toContain(`,${column('uris', ({ uri }) => uri)},`);
}

function exactDistance(space: Space, a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  if (space === 'ip') return 1 - dot(a, b);
  if (space === 'cosine') return 1 - dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) + 1e-30);
  return a.reduce((sum, value, at) => sum + (value - (b[at] ?? 0)) ** 2, 0);
}

export function searchFor(vector: readonly number[], limit: number): NearestRequest {
  return searchForAll([vector], limit);
}

export function searchForAll(vectors: readonly (readonly number[])[], limit: number): NearestRequest {
  const include = ['documents', 'metadatas', 'uris', 'embeddings', 'distances'] as const;
  return { kind: 'nearest', vectors: jsonBytes(vectors), count: vectors.length, limit, include };
}

function jsonBytes(value: unknown): Uint8Array {
  return Uint8Array.from(Buffer.from(JSON.stringify(value)));
}

export function search(mirror: Mirror, vector: readonly number[], limit: number): string {
  const answer = finish(mirror.read(searchFor(vector, limit)));
  if (typeof answer === 'string') throw new Error(`the mirror gave no answer: ${answer}`);
  return Buffer.from(answer).toString();
}

/** The answer holds exactly these records, each with its own fields and distance, nearest first. */
export function expectWhole(text: string, model: Model, space: Space, query: readonly number[]): void {
  const answer = JSON.parse(text) as Answer;
  const [found = []] = answer.ids;
  const [distances = []] = answer.distances;
  expect([...found].sort()).toEqual([...model.keys()].sort());
  const records = found.flatMap((id) => model.get(id) ?? []);
  for (const [name, field] of [
    ['documents', 'document'],
    ['uris', 'uri'],
    ['metadatas', 'metadata'],
  ] as const) {
    expect(text).toContain(`,"${name}":[[${records.map((record) => record[field]).join(',')}]],`);
  }
  expect(answer.embeddings.at(0)?.map((vector) => vector.map(Math.fround))).toEqual(
    records.map(({ vector }) => vector),
  );
  records.forEach(({ vector }, rank) => {
    const exact = exactDistance(space, query, vector);
    const difference = Math.abs((distances[rank] ?? Number.NaN) - exact);
    expect(difference).toBeLessThanOrEqual(Math.max(1e-5, 1e-4 * Math.abs(exact)));
    expect(distances[rank]).toBeGreaterThanOrEqual(distances[rank - 1] ?? Number.NEGATIVE_INFINITY);
  });
}

export function specOf(space: Space, dimension: number, maxNeighbors: number): MirrorSpec {
  const effort = { efConstruction: 200, efSearch: 100 };
  return { space, dimension, maxNeighbors, ...effort, filters: true, capacity: 4 };
}

export function mirrorOf(space: Space, dimension: number, maxNeighbors: number): Mirror {
  return new Mirror(specOf(space, dimension, maxNeighbors));
}

export const record = (id: string, vector: readonly number[], metadata = 'null'): ModelRecord => ({
  id,
  vector,
  metadata,
  document: 'null',
  uri: 'null',
});
