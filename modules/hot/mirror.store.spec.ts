import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { NearestRequest, RecordsRequest, Space } from '../vector/read-request.js';
import { finish } from './finish.js';
import { PLACES_CERTAIN } from './hot-protocol.js';
import { MirrorContents } from './mirror-contents.store.js';
import { Mirror } from './mirror.store.js';

/** Fields are raw JSON text. */
interface ModelRecord {
  readonly id: string;
  readonly vector: readonly number[];
  readonly document: string;
  readonly metadata: string;
  readonly uri: string;
}

type Model = Map<string, ModelRecord>;

type Step =
  | { readonly kind: 'apply'; readonly puts: readonly ModelRecord[]; readonly gone: readonly string[] }
  | { readonly kind: 'retain' | 'order'; readonly ids: readonly string[] }
  /** So many vectors into the graph, and so many steps of a compaction. */
  | { readonly kind: 'work'; readonly built: number; readonly compacted: number };

interface Answer {
  readonly ids: readonly (readonly string[])[];
  readonly embeddings: readonly (readonly (readonly number[])[])[];
  readonly distances: readonly (readonly number[])[];
}

const SPACES: readonly Space[] = ['l2', 'ip', 'cosine'];
const POOL = ['', '"\\\n', 'é', ...Array.from({ length: 57 }, (_, n) => `r${n}`)];
const METADATAS = ['null', '{"n":1.0}', '{"n":1}', '{"n":9007199254740993,"e":1e2}', '{ "s" : "\\u00e9" }'];
const DOCUMENTS = ['null', '"plain"', '"\\u00e9\\"é"', '""'];

const float = fc.integer({ min: -1_000, max: 1_000 }).map((thousandths) => Math.fround(thousandths / 1_000));

const vectorOf = (dimension: number) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.array(float, { minLength: dimension, maxLength: dimension }) },
    fc.constantFrom(...[0, 1, -0.5].map((value) => Array.from({ length: dimension }, () => value))),
  );

const ids = fc.uniqueArray(fc.constantFrom(...POOL), { maxLength: 30, size: 'max' });

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

const runs = fc.integer({ min: 1, max: 8 }).chain((dimension) =>
  fc.record({
    space: fc.constantFrom(...SPACES),
    dimension: fc.constant(dimension),
    steps: fc.array(stepOf(dimension), { minLength: 1, maxLength: 8, size: 'max' }),
    query: vectorOf(dimension),
  }),
);

function pageOf(records: readonly ModelRecord[]): Buffer {
  const column = (text: (record: ModelRecord) => string) => `[${records.map(text).join(',')}]`;
  return Buffer.from(
    `{"ids":${column(({ id }) => JSON.stringify(id))},` +
      `"embeddings":${column(({ vector }) => JSON.stringify(vector))},` +
      `"documents":${column(({ document }) => document)},"uris":${column(({ uri }) => uri)},` +
      `"metadatas":${column(({ metadata }) => metadata)},"include":[]}`,
  );
}

const listingOf = (listed: readonly string[]) =>
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
const ROOM = (): void => undefined;

const compactions = new WeakMap<Mirror, Generator<void, void>>();

function workOn(mirror: Mirror, built: number, compacted: number): void {
  for (let n = 0; n < built; n++) mirror.buildNext();
  const compaction = compactions.get(mirror) ?? mirror.compact();
  compactions.set(mirror, compaction);
  for (let n = 0; n < compacted; n++) if (compaction.next().done) compactions.delete(mirror);
}

function take(mirror: Mirror, model: Model, step: Step): void {
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
  finish(mirror.apply(asked, pageOf(step.puts), PLACES_CERTAIN, ROOM));
  const put = new Set(step.puts.map(({ id }) => id));
  for (const id of asked) if (!put.has(id)) model.delete(id);
  for (const record of step.puts) model.set(record.id, record);
}

const EVERY_FIELD = ['embeddings', 'documents', 'uris', 'metadatas'] as const;

function recordsOfMirror(mirror: Mirror, request: Partial<RecordsRequest> = {}): string | undefined {
  const all = { kind: 'records', offset: 0, limit: undefined, include: EVERY_FIELD, ...request } as const;
  const answer = finish(mirror.read(all));
  return answer && Buffer.from(answer).toString();
}

function idsOfMirror(mirror: Mirror): unknown {
  const text = recordsOfMirror(mirror, { include: [] });
  return text === undefined ? undefined : (JSON.parse(text) as { ids: unknown }).ids;
}

/** The answer to `get` holds these records with their fields in the model's order. */
function expectInOrder(text: string | undefined, records: readonly ModelRecord[]): void {
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

function searchFor(vector: readonly number[], limit: number): NearestRequest {
  const vectors = Float32Array.from(vector);
  const include = ['documents', 'metadatas', 'uris', 'embeddings', 'distances'] as const;
  return { kind: 'nearest', vectors, count: 1, dimension: vectors.length, limit, include };
}

function search(mirror: Mirror, vector: readonly number[], limit: number): string {
  const answer = finish(mirror.read(searchFor(vector, limit)));
  if (answer === undefined) throw new Error('the mirror gave no whole answer');
  return Buffer.from(answer).toString();
}

/** The answer holds exactly these records, each with its own fields and distance, nearest first. */
function expectWhole(text: string, model: Model, space: Space, query: readonly number[]): void {
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

function mirrorOf(space: Space, dimension: number, maxNeighbors: number): Mirror {
  return new Mirror({
    space,
    dimension,
    maxNeighbors,
    efConstruction: 200,
    efSearch: 100,
    filters: true,
    capacity: 4,
  });
}

const record = (id: string, vector: readonly number[], metadata = 'null'): ModelRecord => ({
  id,
  vector,
  metadata,
  document: 'null',
  uri: 'null',
});

describe('Mirror', () => {
  it('equals a plain map after any changes', () => {
    fc.assert(
      fc.property(runs, ({ space, dimension, steps, query }) => {
        // As many neighbours as elements, so that the graph cannot fall apart: here it is not under test.
        const mirror = mirrorOf(space, dimension, 200);
        const model: Model = new Map();
        for (const step of steps) {
          take(mirror, model, step);
          expect(mirror.usage().records).toBe(model.size);
          expectWhole(search(mirror, query, model.size + 3), model, space, query);
          expectInOrder(recordsOfMirror(mirror), [...model.values()]);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('gives whole answers with the neighbours that ChromaDB sets, also where its graph falls apart', () => {
    fc.assert(
      fc.property(runs, ({ space, dimension, steps, query }) => {
        const mirror = mirrorOf(space, dimension, 16);
        const model: Model = new Map();
        for (const step of steps) {
          take(mirror, model, step);
          expectWhole(search(mirror, query, 60), model, space, query);
        }
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  it.each(SPACES)('finds the nearest first in the space %s', (space) => {
    const mirror = mirrorOf(space, 2, 16);
    const model: Model = new Map();
    const puts = [record('far', [-1, 0]), record('near', [1, 0.1]), record('middle', [0.5, 1])];
    take(mirror, model, { kind: 'apply', puts, gone: [] });
    const answer = JSON.parse(search(mirror, [1, 0], 2)) as Answer;
    expect(answer.ids).toEqual([['near', 'middle']]);
  });

  it('answers several vectors, each with its own list', () => {
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [0]), record('b', [1])], gone: [] });
    const request = { ...searchFor([0.9, 0.2], 1), count: 2, dimension: 1 };
    const answer = JSON.parse(Buffer.from(finish(mirror.read(request)) ?? '').toString()) as Answer;
    expect(answer.ids).toEqual([['b'], ['a']]);
  });

  it('answers with empty lists when it is empty, and when nothing is wanted', () => {
    const mirror = mirrorOf('l2', 1, 16);
    expect(JSON.parse(search(mirror, [1], 5))).toMatchObject({ ids: [[]], distances: [[]] });
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [0])], gone: [] });
    expect(JSON.parse(search(mirror, [1], 0))).toMatchObject({ ids: [[]], embeddings: [[]] });
  });

  it('gives no answer without a finite distance', () => {
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [3e38])], gone: [] });
    expect(finish(mirror.read(searchFor([-3e38], 1)))).toBeUndefined();
  });

  it('refuses a page of another dimension and keeps what it had', () => {
    const mirror = mirrorOf('l2', 2, 16);
    const model: Model = new Map();
    take(mirror, model, { kind: 'apply', puts: [record('a', [1, 1])], gone: [] });
    expect(() => {
      finish(mirror.apply(['a', 'b'], pageOf([record('b', [1])]), PLACES_CERTAIN, ROOM));
    }).toThrow(RangeError);
    expectWhole(search(mirror, [0, 0], 9), model, 'l2', [0, 0]);
  });

  it('grows beyond its first capacity', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const model: Model = new Map();
    const puts = Array.from({ length: 1_500 }, (_, n) => record(`r${n}`, [n / 1024]));
    take(mirror, model, { kind: 'apply', puts, gone: [] });
    expectWhole(search(mirror, [0], 2_000), model, 'l2', [0]);
  });

  it('counts as worn when it holds far more removed elements than records', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const change = (value: number) => {
      finish(mirror.apply(['a'], pageOf([record('a', [value])]), PLACES_CERTAIN, ROOM));
    };
    for (let n = 0; n <= 1_001; n++) change(n / 1024);
    expect(mirror.usage()).toMatchObject({ records: 1, worn: false });
    change(2);
    expect(mirror.usage()).toMatchObject({ records: 1, worn: true });
    const { bytes } = mirror.usage();
    finish(mirror.compact());
    expect(mirror.usage()).toMatchObject({ records: 1, worn: false });
    expect(mirror.usage().bytes).toBeLessThan(bytes);
  });

  it('does not wear when fields change and vectors stay', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const model: Model = new Map();
    for (let n = 0; n < 1_100; n++) {
      take(mirror, model, { kind: 'apply', puts: [record('a', [1], `{"n":${n}}`)], gone: [] });
    }
    expect(mirror.usage().worn).toBe(false);
    expectWhole(search(mirror, [1], 1), model, 'l2', [1]);
  });
});

describe('Mirror, read while work goes on', () => {
  it('pauses after each vector of a search, however many there are', () => {
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1])], gone: [] });
    const vectors = Array.from({ length: 500 }, () => 0);
    const read = mirror.read({ ...searchFor(vectors, 1), count: 500, dimension: 1, include: [] });
    let pauses = 0;
    while (!read.next().done) pauses++;
    expect(pauses).toBeGreaterThanOrEqual(500);
  });

  it.each(['order', 'retain'] as const)('pauses after each id of a listing: %s', (how) => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = Array.from({ length: 500 }, (_, n) => record(`r${n}`, [n]));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    const listed = puts.map(({ id }) => id).reverse();
    const work = mirror[how](listingOf(listed));
    let pauses = 0;
    for (; !work.next().done; pauses++) if (pauses === 900) finish(mirror.read(searchFor([0], 500)));
    expect(pauses).toBeGreaterThanOrEqual(1_000);
    expect(idsOfMirror(mirror)).toEqual(listed);
  });

  it.each(['order', 'retain'] as const)('keeps the %s of a listing where a compaction goes on', (how) => {
    const ids = Array.from({ length: 40 }, (_, n) => `r${n}`);
    const listed = [...ids].reverse();
    for (let ahead = 0; ahead < 120; ahead += 7) {
      const mirror = mirrorOf('l2', 1, 16);
      const puts = ids.map((id, n) => record(id, [n]));
      take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
      const compaction = mirror.compact();
      for (let step = 0; step < ahead; step++) compaction.next();
      const work = mirror[how](listingOf(listed));
      while (!work.next().done) compaction.next();
      finish(compaction);
      expect(idsOfMirror(mirror)).toEqual(listed);
    }
  });

  it('finds the nearest of all where a compaction ends between two vectors of a search', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = Array.from({ length: 40 }, (_, n) => record(`r${n}`, [n]));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    // The nearest are in the graph, and some that are farther away are not.
    for (let n = 0; n < 30; n++) mirror.buildNext();
    const compaction = mirror.compact();
    const vectors = Array.from({ length: 64 }, () => 0);
    const read = mirror.read({ ...searchFor(vectors, 3), count: 64, dimension: 1, include: [] });
    const filtered = mirror.read({
      ...searchFor(vectors, 3),
      ...{ count: 64, dimension: 1, include: [] },
      filter: { ids: puts.map(({ id }) => id), where: undefined },
    });
    const reads = [read, filtered];
    for (const each of reads) expect(each.next().done).toBe(false);
    finish(compaction);
    for (const each of reads) {
      const answer = JSON.parse(Buffer.from(finish(each) ?? '').toString()) as Answer;
      expect(new Set(answer.ids.map(String))).toEqual(new Set(['r0,r1,r2']));
    }
  });
});

describe('Mirror, compacted', () => {
  it('closes the gaps of removed records with no long step at the end', () => {
    const count = 6_000;
    const mirror = mirrorOf('l2', 1, 4);
    const puts = Array.from({ length: count }, (_, n) => record(`r${n}`, [n % 2]));
    const kept = puts.flatMap(({ id }, n) => (n % 3 === 0 ? [] : [id]));
    finish(mirror.apply([], pageOf(puts), PLACES_CERTAIN, ROOM));
    finish(mirror.retain(listingOf(kept)));
    const compaction = mirror.compact();
    compaction.next();
    finish(mirror.apply(['r1'], pageOf([record('new', [3])]), PLACES_CERTAIN, ROOM));
    const stored = jest.spyOn(Map.prototype, 'set');
    do stored.mockClear();
    while (!compaction.next().done);
    const storedAtTheEnd = stored.mock.calls.length;
    stored.mockRestore();
    expect(storedAtTheEnd).toBeLessThan(10);
    expect(idsOfMirror(mirror)).toEqual([...kept.slice(1), 'new']);
  });
});

describe('Mirror, closed in the middle of a compaction', () => {
  it('gives the memory of both graphs back at once', () => {
    const released = jest.spyOn(MirrorContents.prototype, 'release');
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1]), record('b', [2])], gone: [] });
    const compaction = mirror.compact();
    compaction.next();
    mirror.close();
    const closed = new Error('closed');
    expect(() => compaction.throw(closed)).toThrow(closed);
    expect(new Set(released.mock.contexts).size).toBe(2);
    released.mockRestore();
  });
});

describe('Mirror, records in insertion order', () => {
  const filled = () => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = ['a', 'b', 'c', 'd'].map((id, n) => record(id, [n], `{"n":${n % 2}}`));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    return { mirror, puts };
  };
  const where = {
    kind: 'comparison',
    key: 'n',
    operator: '$eq',
    operand: { type: 'int', value: 1 },
  } as const;

  it('pages, and picks by id and by filter', () => {
    const { mirror, puts } = filled();
    expectInOrder(recordsOfMirror(mirror, { offset: 1, limit: 2 }), puts.slice(1, 3));
    expectInOrder(recordsOfMirror(mirror, { offset: 9 }), []);
    const ids = ['d', 'zz', 'a', 'd'];
    expectInOrder(
      recordsOfMirror(mirror, { filter: { ids, where: undefined } }),
      puts.filter(({ id }) => ids.includes(id)),
    );
    expectInOrder(recordsOfMirror(mirror, { filter: { ids: undefined, where }, offset: 1 }), puts.slice(3));
    expectInOrder(recordsOfMirror(mirror, { filter: { ids, where } }), puts.slice(3));
  });

  it('keeps the place of a record that changes, and puts one that comes back at the end', () => {
    const { mirror } = filled();
    const model: Model = new Map();
    take(mirror, model, { kind: 'apply', puts: [record('b', [9])], gone: [] });
    expect(idsOfMirror(mirror)).toEqual(['a', 'b', 'c', 'd']);
    take(mirror, model, { kind: 'apply', puts: [], gone: ['b'] });
    take(mirror, model, { kind: 'apply', puts: [record('b', [9])], gone: [] });
    expect(idsOfMirror(mirror)).toEqual(['a', 'c', 'd', 'b']);
  });

  it.each(['order', 'retain'] as const)(
    'reads none while the place of a new record is open until %s',
    (how) => {
      const { mirror } = filled();
      const steps = mirror.apply(
        ['e', 'a'],
        pageOf([record('a', [7]), record('e', [5])]),
        {
          uncertain: true,
          deleted: [],
        },
        ROOM,
      );
      // Two vectors are read, and the first record is known already.
      for (let step = 1; step <= 3; step++) steps.next();
      expect(idsOfMirror(mirror)).toEqual(['a', 'b', 'c', 'd']);
      steps.next();
      expect(idsOfMirror(mirror)).toBeUndefined();
      expect(steps.next()).toEqual({ done: true, value: { inserted: 1, returned: 0 } });
      finish(mirror[how](listingOf(['a', 'b', 'c', 'e', 'd'])));
      expect(idsOfMirror(mirror)).toEqual(['a', 'b', 'c', 'e', 'd']);
    },
  );

  it('reads none where the place of a new record comes open while the reading pauses', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = Array.from({ length: 1_030 }, (_, n) => record(`r${n}`, [n]));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    const read = mirror.read({ kind: 'records', offset: 0, limit: undefined, include: [] });
    expect(read.next().done).toBe(false);
    finish(mirror.apply(['new'], pageOf([record('new', [5])]), { uncertain: true, deleted: [] }, ROOM));
    expect(finish(read)).toBeUndefined();
  });

  it('reads none while a record is there that a delete named', () => {
    const { mirror } = filled();
    const steps = mirror.apply(
      ['b', 'c'],
      pageOf([record('b', [7])]),
      {
        uncertain: false,
        deleted: ['b', 'c'],
      },
      ROOM,
    );
    for (let step = 1; step <= 2; step++) steps.next();
    expect(idsOfMirror(mirror)).toBeUndefined();
    expect(steps.next()).toEqual({ done: true, value: { inserted: 0, returned: 1 } });
    finish(mirror.retain(listingOf(['a', 'd', 'b'])));
    expect(idsOfMirror(mirror)).toEqual(['a', 'd', 'b']);
  });

  it('leaves answers to ChromaDB that are too large', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const document = JSON.stringify('x'.repeat(1024 * 1024));
    const puts = Array.from({ length: 17 }, (_, n) => ({ ...record(`r${n}`, [n]), document }));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    expect(recordsOfMirror(mirror)).toBeUndefined();
    expectInOrder(recordsOfMirror(mirror, { limit: 2 }), puts.slice(0, 2));
  });

  it('leaves a search to ChromaDB whose answer would be too large', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const document = JSON.stringify('x'.repeat(1024 * 1024));
    take(mirror, new Map(), { kind: 'apply', puts: [{ ...record('a', [1]), document }], gone: [] });
    const some = { ...searchFor([1, 1], 1), count: 2, dimension: 1 };
    expect(finish(mirror.read(some))).toBeInstanceOf(Uint8Array);
    const vectors = Array.from({ length: 17 }, () => 1);
    const many = { ...searchFor(vectors, 1), count: 17, dimension: 1 };
    expect(finish(mirror.read(many))).toBeUndefined();
    expect(finish(mirror.read({ ...many, include: ['distances'] }))).toBeInstanceOf(Uint8Array);
  });

  it('leaves ranked searches to ChromaDB whose answer would be too large', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const document = JSON.stringify('x'.repeat(1024 * 1024));
    take(mirror, new Map(), { kind: 'apply', puts: [{ ...record('a', [1]), document }], gone: [] });
    const ranked = (count: number, documents: boolean) => {
      const select = { documents, embeddings: false, metadata: false, scores: true, fields: [] };
      const absent = { filter: undefined, rank: undefined, groupBy: undefined, limit: undefined };
      const searches = Array.from({ length: count }, () => ({ ...absent, offset: 0, select }));
      return finish(mirror.read({ kind: 'ranked', dimension: undefined, searches }));
    };
    expect(ranked(2, true)).toBeInstanceOf(Uint8Array);
    expect(ranked(17, true)).toBeUndefined();
    expect(ranked(17, false)).toBeInstanceOf(Uint8Array);
  });

  it('leaves a filter to ChromaDB that it cannot evaluate', () => {
    const { mirror } = filled();
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1], '{"n":9007199254740993}')], gone: [] });
    expect(recordsOfMirror(mirror, { filter: { ids: undefined, where } })).toBeUndefined();
  });
});
