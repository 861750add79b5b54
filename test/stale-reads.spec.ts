import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCounter, sumOf } from './support/counters.js';
import { flagForAll } from './support/flag-documents.js';
import { callJson, DEFAULT_DATABASE, FROM_CHROMA, getJson, postJson, tierOf } from './support/http.js';
import { waitForTier, type Reply } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { closedPort, startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const LIMIT_MS = 20_000;
/** Far below any time in which a write could wait for ChromaDB. */
const AT_ONCE_MS = 2_000;
const QUERY = { query_embeddings: [[1, 0]], n_results: 2 };
const VECTORS = [
  [1, 0],
  [0, 1],
];

let lender: TidegateProcess;
let port: number;
let network: TcpForwarder | undefined;
let dataDir: string;
let tidegate: TidegateProcess;

beforeAll(async () => {
  [lender, port] = await Promise.all([startTidegate(), closedPort()]);
  dataDir = await mkdtemp(join(tmpdir(), 'tidegate-stale-'));
  await openNetwork();
  tidegate = await start();
  const flags = {
    'mirror-reads': flagForAll('on'),
    'answer-cache-reads': flagForAll('on'),
    'stale-reads': flagForAll('on'),
  };
  expect((await callJson(tidegate.url, 'PUT', '/operations/v1/flags', { flags })).status).toBe(200);
});

afterAll(async () => {
  await tidegate.stop();
  await closeNetwork();
  await lender.stop();
  await rm(dataDir, { recursive: true });
});

function start(): Promise<TidegateProcess> {
  return startTidegate({ TIDEGATE_CHROMA_URL: `http://127.0.0.1:${port}`, TIDEGATE_DATA_DIR: dataDir });
}

async function openNetwork(): Promise<void> {
  network = await startTcpForwarder(lender.chromaUrl, { port });
}

async function closeNetwork(): Promise<void> {
  await network?.close();
  network = undefined;
}

const told = (reply: Reply) => `${tierOf(reply)}: ${String(reply.headers['x-tidegate-reason'])}`;
const ageOf = (reply: Reply) => Number(reply.headers['x-tidegate-age-ms']);

/** A collection that is never mirrored, with an answer in the cache and a write after it. */
async function writtenSinceItsAnswer(name: string): Promise<{ records: Records; before: unknown }> {
  const records = await createCollection(tidegate.url, name);
  await callJson(tidegate.url, 'PUT', `/operations/v1/collections/${records.id}/pin`, {
    ...{ pin: 'never', tenant: 'default_tenant', database: 'default_database' },
  });
  await records.add(numberedRecords('r', VECTORS));
  const before = await records.query(QUERY);
  expect(told(before)).toMatch(/^chroma: /);
  await records.upsert({ ids: ['later'], embeddings: [[1, 0.1]] });
  return { records, before: before.json };
}

describe('while ChromaDB is away', () => {
  it('the last answer to the same query is given, says so, and ends when ChromaDB is back', async () => {
    const { records, before } = await writtenSinceItsAnswer('answered');
    await closeNetwork();
    const stale = await records.query(QUERY);
    expect([stale.status, told(stale)]).toEqual([200, 'stale: stale-answer']);
    expect(ageOf(stale)).toBeGreaterThanOrEqual(0);
    expect(stale.json).toEqual(before);

    const forced = await records.query(QUERY, FROM_CHROMA);
    const bounded = await records.query(QUERY, { 'x-tidegate-max-staleness': '0' });
    const other = await records.query({ ...QUERY, n_results: 1 });
    for (const { status, headers } of [forced, bounded, other]) {
      expect([502, 503]).toContain(status);
      expect(headers['x-tidegate-age-ms']).toBeUndefined();
    }
    const answers = await readCounter(tidegate.url, 'tidegate_answers_total');
    expect(sumOf(answers, 'tier="stale",reason="stale-answer"')).toBe(1);

    await openNetwork();
    const fresh = await until('ChromaDB answers', LIMIT_MS, async () => {
      const reply = await records.query(QUERY);
      return tierOf(reply) === 'chroma' && reply;
    });
    expect(JSON.stringify(fresh.json)).toContain('later');
  });

  it('nothing is given of a collection that was deleted', async () => {
    const { records } = await writtenSinceItsAnswer('deleted');
    const path = `${DEFAULT_DATABASE}/collections/deleted`;
    expect((await callJson(tidegate.url, 'DELETE', path)).status).toBe(200);
    await closeNetwork();
    expect([502, 503]).toContain((await records.query(QUERY)).status);
    await openNetwork();
  });

  it('writes fail at once and clearly, and none of them is made up for later', async () => {
    const records = await createCollection(tidegate.url, 'written');
    await records.add(numberedRecords('r', VECTORS));
    await closeNetwork();
    const body = { ids: ['in-vain'], embeddings: [[5, 5]] };
    const startedMs = performance.now();
    for (const reply of [await records.add(body), await records.upsert(body), await records.update(body)]) {
      expect([502, 503]).toContain(reply.status);
      expect(reply.json).toEqual({ error: expect.any(String), message: expect.any(String) });
    }
    const removal = await records.delete({ ids: ['r-0'] });
    expect([502, 503]).toContain(removal.status);
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS);
    await openNetwork();
    const write = async () => (await records.upsert({ ids: ['r-1'], embeddings: [[2, 2]] })).status === 200;
    await until('a write succeeds', LIMIT_MS, write);
    const { json } = await records.through(lender.chromaUrl).get({ include: [] });
    expect((json as { ids: string[] }).ids.sort()).toEqual(['r-0', 'r-1']);
  });
});

describe('a start without ChromaDB', () => {
  it('gives what snapshots hold, says so, and brings them up to date when ChromaDB comes', async () => {
    const records = await createCollection(tidegate.url, 'snapshot');
    // The breaker of writes may still be open from when ChromaDB was away.
    await until('a write is taken', LIMIT_MS, async () => {
      return (await records.add(numberedRecords('r', VECTORS))).status === 201;
    });
    await waitForTier(tidegate.url, records.id, 'mirror');
    const sync = `/operations/v1/sync/${records.id}`;
    await postJson(tidegate.url, `${sync}/snapshot`, undefined);
    await until('a snapshot is there', LIMIT_MS, async () => {
      return 'snapshot' in ((await getJson(tidegate.url, sync)).json as object);
    });
    await tidegate.kill();
    await closeNetwork();
    await records.through(lender.chromaUrl).add({ ids: ['past'], embeddings: [[1, 0.01]] });

    tidegate = await start();
    const there = records.through(tidegate.url);
    expect((await getJson(tidegate.url, '/health/ready')).status).toBe(503);
    const stale = await until('the snapshot answers', LIMIT_MS, async () => {
      const reply = await there.query(QUERY);
      return reply.status === 200 && reply;
    });
    expect([told(stale), (stale.json as { ids: unknown }).ids]).toEqual([
      'stale: stale-mirror',
      [['r-0', 'r-1']],
    ]);
    expect(ageOf(stale)).toBeGreaterThan(0);
    expect((await getJson(tidegate.url, sync)).json).toMatchObject({ state: 'loaded' });

    await openNetwork();
    const warm = await until('the mirror answers', LIMIT_MS, async () => {
      const reply = await there.query({ ...QUERY, n_results: 3 });
      return tierOf(reply) === 'mirror' && reply;
    });
    expect((warm.json as { ids: unknown }).ids).toEqual([['r-0', 'past', 'r-1']]);
  });
});
