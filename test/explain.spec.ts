import { beforeAll, describe, expect, it } from '@jest/globals';
import { readCounter } from './support/counters.js';
import { getJson, postJson, waitForTier, type Reply } from './support/http.js';
import { sendOversized } from './support/oversized-body.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const EXPLAIN = '/operations/v1/explain';
const DIMENSION = 8;
const COUNTERS = [
  'tidegate_answers_total',
  'tidegate_tier_failures_total',
  'tidegate_shared_answers_total',
  'tidegate_answer_cache_entries',
];

interface Tier {
  readonly tier: string;
  readonly in: boolean;
  readonly reason: string;
  readonly expectedMs: number | null;
  readonly actualMs?: number;
  readonly ids?: number;
  readonly overlap?: number;
  readonly failure?: string;
}

interface Explained {
  readonly collection: {
    readonly state: string;
    readonly version: number;
    readonly mirrorAgeMs: number | null;
  };
  readonly plan: readonly Tier[];
}

let tidegate: TidegateProcess;
let warm: Records;
let cold: Records;
const random = new SeededRandom(17);

async function filled(name: string): Promise<Records> {
  const records = await createCollection(tidegate.url, name);
  const vectors = Array.from({ length: 200 }, () => random.vector(DIMENSION));
  await records.add(numberedRecords('record', vectors));
  return records;
}

beforeAll(async () => {
  tidegate = await startTidegate();
  warm = await filled('warm');
  cold = await filled('cold');
  await waitForTier(tidegate.url, warm.id, 'mirror');
});

function newQuery(vectors = 1): object {
  return { query_embeddings: Array.from({ length: vectors }, () => random.vector(DIMENSION)), n_results: 5 };
}

function explain(body: object): Promise<Reply> {
  return postJson(tidegate.url, EXPLAIN, body);
}

async function explained({ id }: Records, more: object = {}): Promise<Explained> {
  const reply = await explain({ collection: id, query: newQuery(), ...more });
  expect(reply.status).toBe(200);
  return reply.json as Explained;
}

const planOf = ({ plan }: Explained) =>
  plan.map(({ tier, in: isIn, reason }) => `${tier}: ${isIn ? 'in' : 'out'}, ${reason}`);

describe('a plan', () => {
  it('of a warm collection has every tier in, but for stale answers', async () => {
    const answer = await explained(warm);
    expect(answer.collection).toMatchObject({ id: warm.id, state: 'warm', records: 200 });
    expect(answer.collection.mirrorAgeMs).toBeGreaterThan(0);
    expect(planOf(answer)).toEqual([
      'answer-cache: in, cached',
      'mirror: in, warm',
      'chroma: in, mirror-failed',
      'stale: out, flag-off',
    ]);
    expect(answer.plan.filter((tier) => 'actualMs' in tier)).toEqual([]);
  });

  it('of a collection that nobody asked yet says so, and does not begin to keep track of it', async () => {
    const unknown = await createCollection(tidegate.url, 'unknown');
    const answer = await explained(unknown);
    expect(answer.collection).toMatchObject({ state: 'cold', mirrorAgeMs: null });
    expect(planOf(answer)[1]).toBe('mirror: out, mirror-cold');
    const { text } = await getJson(tidegate.url, '/operations/v1/collections');
    expect(text).not.toContain(unknown.id);
  });

  it.each([
    [{ tier: 'chroma' }, ['out, forced', 'out, forced', 'in, forced', 'out, forced']],
    [{ maxStaleness: 0 }, ['out, too-old', 'out, too-old', 'in, too-old', 'out, flag-off']],
    [{ maxStaleness: 1 }, ['in, cached', 'out, too-old', 'in, too-old', 'out, flag-off']],
    [{ maxStaleness: 600_000 }, ['in, cached', 'in, warm', 'in, mirror-failed', 'out, flag-off']],
  ])('for a caller who says %j', async (headers, expected) => {
    const plan = planOf(await explained(warm, { headers }));
    expect(plan.map((tier) => tier.split(': ')[1])).toEqual(expected);
  });

  it('of a query that only ChromaDB can judge', async () => {
    expect(planOf(await explained(warm, { query: { n_results: 5 } }))[1]).toBe('mirror: out, opaque');
  });

  it('expects what the tiers took of late', async () => {
    const [, mirror] = (await explained(warm)).plan;
    expect(mirror?.expectedMs).toBeGreaterThan(0);
  });
});

describe('a plan that is run', () => {
  it('shows the same records from the mirror as from ChromaDB', async () => {
    const [cache, mirror, chroma] = (await explained(warm, { query: newQuery(3), run: true })).plan;
    expect(cache).toMatchObject({ failure: 'not-cached' });
    expect(mirror).toMatchObject({ ids: 15, overlap: 1 });
    expect(chroma).toMatchObject({ ids: 15, overlap: 1 });
    for (const tier of [cache, mirror, chroma]) expect(tier?.actualMs).toBeGreaterThan(0);
  });

  it('finds an answer that a caller left in the answer cache', async () => {
    const query = newQuery();
    await warm.query(query);
    const [cache] = (await explained(warm, { query, run: true })).plan;
    expect(cache).toMatchObject({ ids: 5, overlap: 1 });
  });

  it('does not ask a tier that is out', async () => {
    const [, mirror, chroma] = (await explained(cold, { run: true })).plan;
    expect(mirror).not.toHaveProperty('actualMs');
    expect(chroma).toMatchObject({ ids: 5 });
  });

  it('tells that ChromaDB refuses the query', async () => {
    const [, , chroma] = (await explained(warm, { query: { n_results: 5 }, run: true })).plan;
    expect(chroma?.failure).toMatch(/^status-4\d\d$/);
  });

  it('counts nothing, keeps nothing, and asks for no mirror', async () => {
    const counts = () => Promise.all(COUNTERS.map((name) => readCounter(tidegate.url, name)));
    const before = await counts();
    const query = newQuery();
    for (const records of [warm, cold])
      for (let n = 0; n < 3; n++) await explained(records, { query, run: true });
    expect(await counts()).toEqual(before);
    expect((await explained(cold)).collection.state).toBe('cold');
  });
});

describe('a call that is wrong', () => {
  it.each([
    ['"collection" is no UUID', { collection: 'warm', query: {} }],
    ['"query" is no object', { collection: '18f7e81e-d1ef-4e86-863d-02cf7dc2bf09' }],
    [
      'x-tidegate-max-staleness is "soon"',
      { collection: '18f7e81e-d1ef-4e86-863d-02cf7dc2bf09', query: {}, headers: { maxStaleness: 'soon' } },
    ],
  ])('is told that %s', async (message, body) => {
    const reply = await explain(body);
    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ error: 'InvalidArgumentError', message: expect.stringContaining(message) });
  });
});

describe('a body that is too large', () => {
  it('is refused instead of held', async () => {
    const headers = { 'content-type': 'application/json' };
    const bytes = 41 * 1024 * 1024;
    expect(await sendOversized(tidegate.url, { path: EXPLAIN, headers, bytes })).toBe(413);
  });
});

describe('the OpenAPI page', () => {
  it('describes the call', async () => {
    const { json } = await getJson(tidegate.url, '/docs-json');
    const { paths } = json as { paths: Record<string, { post?: { requestBody?: unknown } }> };
    expect(paths[EXPLAIN]?.post?.requestBody).toBeDefined();
  });
});
