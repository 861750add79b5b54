import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounter, sumOf } from './support/counters.js';
import { FROM_CHROMA, getJson, type Reply } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 8;
const FLOOD = 40;
/** Room in the lane of reads: calls under way, and waiting. */
const CALLS = 4;
const QUEUE = 8;
const DELAY_MS = 300;
const LIMIT_MS = 10_000;
const MEBIBYTE = 1024 * 1024;

const BOUNDS = {
  TIDEGATE_CHROMA_CALLS_MIN: String(CALLS),
  TIDEGATE_CHROMA_CALLS_MAX: String(CALLS),
  TIDEGATE_CHROMA_QUEUE_MAX: String(QUEUE),
  TIDEGATE_CHROMA_QUEUE_MS: '8000',
};

let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let flooded: Records;
let quiet: Records;
const random = new SeededRandom(41);

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  tidegate = await startTidegate({ TIDEGATE_CHROMA_URL: network.url, ...BOUNDS });
  [flooded, quiet] = [await filled('flooded'), await filled('quiet')];
});

beforeEach(() => {
  network.delayAnswers(DELAY_MS);
});

afterAll(async () => {
  network.delayAnswers(0);
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

async function filled(name: string): Promise<Records> {
  const records = await createCollection(tidegate.url, name);
  await records.add(
    numberedRecords(
      name,
      Array.from({ length: 50 }, () => random.vector(DIMENSION)),
    ),
  );
  return records;
}

/** A query that ChromaDB has to answer. */
function ask(records: Records, caller: string): Promise<Reply> {
  const query = { query_embeddings: [random.vector(DIMENSION)], n_results: 5 };
  return records.query(query, { ...FROM_CHROMA, 'x-tidegate-caller': caller });
}

/** Many queries at once, and their statuses in the order in which answers came. */
function flood(caller: string) {
  const order: number[] = [];
  const replies = Promise.all(
    Array.from({ length: FLOOD }, async () => {
      const reply = await ask(flooded, caller);
      order.push(reply.status);
      return reply;
    }),
  );
  return { replies, order };
}

async function shed(labels: string): Promise<number> {
  return sumOf(await readCounter(tidegate.url, 'tidegate_shed_total'), labels);
}

const refusalsIn = (replies: readonly Reply[]) => replies.filter(({ status }) => status !== 200);

describe('a flood', () => {
  it('by one who is alone gets all there is; the rest is refused before anything is answered', async () => {
    const { replies, order } = flood('alone');
    const refused = refusalsIn(await replies);
    expect(refused.length).toBe(FLOOD - CALLS - QUEUE);
    expect(order.slice(0, refused.length)).toEqual(Array(refused.length).fill(503));
    for (const { headers, json } of refused) {
      expect(headers['retry-after']).toBe('1');
      expect(json).toEqual({ error: 'ChromaError', message: expect.stringContaining('retry-after') });
    }
    expect(await shed('lane="chroma-read",reason="full"')).toBe(refused.length);
  });

  it('does not starve another caller of another collection', async () => {
    const { replies } = flood('greedy');
    await sleep(DELAY_MS / 4);
    const answers: number[] = [];
    for (let turn = 0; turn < 4; turn++) answers.push((await ask(quiet, 'modest')).status);
    expect(answers).toEqual([200, 200, 200, 200]);
    const statuses = new Set((await replies).map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 429, 503]));
    for (const { status, headers, json } of await replies) {
      if (status !== 429) continue;
      expect(headers['retry-after']).toBe('1');
      expect(json).toEqual({ error: 'ChromaError', message: expect.stringContaining('fewer requests') });
    }
    expect(await shed('lane="chroma-read",reason="share"')).toBeGreaterThan(0);
  });

  it('leaves health, metrics, operators and writes alone', async () => {
    const { replies } = flood('alone');
    await sleep(DELAY_MS / 4);
    const write = quiet.add(numberedRecords('written', [random.vector(DIMENSION)]));
    const paths = ['/health/live', '/health/ready', '/metrics', '/operations/v1/sync'];
    const own = await Promise.all(paths.map((path) => getJson(tidegate.url, path)));
    expect(own.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await write).status).toBe(201);
    expect(refusalsIn(await replies).length).toBe(FLOOD - CALLS - QUEUE);
  });

  it('does not keep a mirror from warming up', async () => {
    network.delayAnswers(DELAY_MS / 10);
    const over = new AbortController();
    const floods = (async () => {
      while (!over.signal.aborted) await flood('alone').replies;
    })();
    const state = async () => {
      await quiet.query({ query_embeddings: [random.vector(DIMENSION)], n_results: 1 });
      const { json } = await getJson(tidegate.url, '/operations/v1/collections');
      const { collections } = json as { collections: { id: string; state: string }[] };
      return collections.find(({ id }) => id === quiet.id)?.state;
    };
    await until('the mirror is warm', LIMIT_MS, async () => (await state()) === 'warm');
    over.abort();
    await floods;
  });
});

describe('the door', () => {
  it('lets so many requests in, and refuses the others', async () => {
    const small = await startTidegate({ TIDEGATE_CHROMA_URL: network.url, TIDEGATE_REQUESTS_MAX: '2' });
    const through = quiet.through(small.url);
    const replies = await Promise.all([1, 2, 3, 4].map(() => ask(through, 'caller')));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 503, 503]);
    expect((await ask(through, 'caller')).status).toBe(200);
    await small.stop();
  });

  it('holds so many bytes of bodies, and refuses others before it reads them', async () => {
    const small = await startTidegate({ TIDEGATE_CHROMA_URL: network.url, TIDEGATE_BODIES_MAX_MB: '1' });
    const big = quiet.through(small.url);
    const query = { query_embeddings: [random.vector(DIMENSION)], padding: 'x'.repeat(0.9 * MEBIBYTE) };
    const replies = await Promise.all([1, 2, 3].map(() => big.query(query, FROM_CHROMA)));
    expect(replies.map(({ status }) => status === 503).sort()).toEqual([false, true, true]);
    expect((await big.query(query, FROM_CHROMA)).status).not.toBe(503);
    const counted = await readCounter(small.url, 'tidegate_shed_total');
    expect(sumOf(counted, 'lane="door",reason="bytes"')).toBe(2);
    await small.stop();
  });
});
