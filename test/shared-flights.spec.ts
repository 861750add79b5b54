import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounter, sumOf } from './support/counters.js';
import { DEFAULT_DATABASE, FROM_CHROMA, tierOf, type Headers, type Reply } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const CALLERS = 12;
const DIMENSION = 8;
/** Long enough for all callers to arrive while ChromaDB's answer is under way. */
const DELAY_MS = 700;
const LIMIT_MS = 10_000;

let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let records: Records;
let round = 0;
const random = new SeededRandom(23);

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  tidegate = await startTidegate({ TIDEGATE_CHROMA_URL: network.url });
});

/** A collection that has never been queried: its first queries find it cold. */
beforeEach(async () => {
  network.delayAnswers(0);
  records = await createCollection(tidegate.url, `cold-${++round}`);
  const vectors = Array.from({ length: 50 }, () => random.vector(DIMENSION));
  await records.add(numberedRecords('record', vectors));
  network.delayAnswers(DELAY_MS);
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

function newQuery(): object {
  return { query_embeddings: [random.vector(DIMENSION)], n_results: 5 };
}

function many(query: object, headers?: Headers): Promise<Reply[]> {
  return Promise.all(Array.from({ length: CALLERS }, () => records.query(query, headers)));
}

const reasonOf = ({ headers }: Reply) => String(headers['x-tidegate-reason']);

/** How many queries reached ChromaDB while `work` was going on, and how many shared another's. */
async function upstreamDuring<T>(work: () => Promise<T>) {
  const before = [network.queries(), await sharedAnswers()] as const;
  const result = await work();
  const [calls, shared] = [network.queries() - before[0], (await sharedAnswers()) - before[1]];
  return { result, calls, shared };
}

async function sharedAnswers(): Promise<number> {
  return sumOf(await readCounter(tidegate.url, 'tidegate_shared_answers_total'), 'tier="chroma"');
}

/** One caller that can hang up. */
function startCaller(query: object): { readonly hangUp: () => void } {
  const { hostname, port } = new URL(tidegate.url);
  const body = JSON.stringify(query);
  const headers = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  const path = `${DEFAULT_DATABASE}/collections/${records.id}/query`;
  const request = http.request({ agent: false, hostname, port, method: 'POST', path, headers });
  request.on('error', () => undefined);
  request.end(body);
  return { hangUp: () => request.destroy() };
}

async function abortedCalls(): Promise<number> {
  return sumOf(await readCounter(tidegate.url, 'tidegate_chroma_requests_total'), 'outcome="aborted"');
}

describe('identical queries at the same time on a cold collection', () => {
  it('lead to one call to ChromaDB, and all get the same bytes', async () => {
    const query = newQuery();
    const { result, calls, shared } = await upstreamDuring(() => many(query));
    expect([calls, shared]).toEqual([1, CALLERS - 1]);
    expect(result.map(({ status }) => status)).toEqual(Array(CALLERS).fill(200));
    expect(new Set(result.map(({ text }) => text)).size).toBe(1);
    expect(new Set(result.map(tierOf))).toEqual(new Set(['chroma']));
    const reasons = result.map(reasonOf).sort();
    expect(reasons).toEqual(['mirror-cold', ...Array<string>(CALLERS - 1).fill('shared')]);
  });

  it('share an error too', async () => {
    const { result, calls } = await upstreamDuring(() => many({ query_embeddings: [[1]], n_results: 5 }));
    expect(calls).toBe(1);
    expect(new Set(result.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(result[0]?.status).toBeGreaterThanOrEqual(400);
  });

  it('are each asked when their callers want ChromaDB', async () => {
    const { calls, shared } = await upstreamDuring(() => many(newQuery(), FROM_CHROMA));
    expect([calls, shared]).toEqual([CALLERS, 0]);
  });

  it('are asked once for each credential', async () => {
    const query = newQuery();
    const { calls } = await upstreamDuring(() =>
      Promise.all(['one', 'two'].map((token) => many(query, { 'x-chroma-token': token }))),
    );
    expect(calls).toBe(2);
  });

  it('reflect a write that was acknowledged in between', async () => {
    const target = random.vector(DIMENSION);
    const query = { query_embeddings: [target], n_results: 1 };
    const before = records.query(query);
    await sleep(DELAY_MS / 4);
    network.delayAnswers(0);
    const write = await records.add({ ids: ['written'], embeddings: [target] });
    expect(write.status).toBe(201);
    const after = await records.query(query);
    expect(after.json).toMatchObject({ ids: [['written']] });
    expect((await before).status).toBe(200);
  });
});

describe('callers who hang up', () => {
  it('do not hurt those who wait for the same', async () => {
    const query = newQuery();
    const first = startCaller(query);
    await sleep(DELAY_MS / 4);
    const others = many(query);
    await sleep(DELAY_MS / 4);
    first.hangUp();
    const replies = await others;
    expect(replies.map(({ status }) => status)).toEqual(Array(CALLERS).fill(200));
    expect(new Set(replies.map(reasonOf))).toEqual(new Set(['shared']));
    expect(await abortedCalls()).toBe(0);
  });

  it('end the call to ChromaDB when they were all', async () => {
    const query = newQuery();
    const callers = [startCaller(query), startCaller(query)];
    await sleep(DELAY_MS / 4);
    for (const { hangUp } of callers) hangUp();
    await until('the call is ended', LIMIT_MS, async () => (await abortedCalls()) === 1);
    expect((await records.query(query)).status).toBe(200);
  });
});
