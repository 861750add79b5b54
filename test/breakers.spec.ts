import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readCounter, sumOf } from './support/counters.js';
import { FROM_CHROMA, tierOf, waitForTier, type Reply } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { closedPort, startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 8;
const MIN_CALLS = 6;
const SLOW_MS = 300;
const RECOVERY_LIMIT_MS = 10_000;

const random = new SeededRandom(47);

let lender: TidegateProcess;
let port: number;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let records: Records;

beforeAll(async () => {
  lender = await startTidegate();
  port = await closedPort();
  network = await startTcpForwarder(lender.chromaUrl, { port });
  tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_BREAKER_MIN_CALLS: String(MIN_CALLS),
    TIDEGATE_BREAKER_READ_SLOW_MS: String(SLOW_MS),
    TIDEGATE_BREAKER_OPEN_MS: '200',
    TIDEGATE_PROBE_INTERVAL_MS: '100',
    TIDEGATE_BREAKER_WINDOW_MS: '2000',
  });
  records = await createCollection(tidegate.url, 'guarded');
  const vectors = Array.from({ length: 100 }, () => random.vector(DIMENSION));
  expect((await records.add(numberedRecords('record', vectors))).status).toBe(201);
});

afterEach(() => {
  network.delayAnswers(0);
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

const query = () => ({ query_embeddings: [random.vector(DIMENSION)], n_results: 3 });
const forced = () => records.query(query(), FROM_CHROMA);
const stateOf = async (breaker: string) =>
  (await readCounter(tidegate.url, 'tidegate_breaker_state')).get(`breaker="${breaker}"`);
const movesTo = async (state: string) =>
  sumOf(await readCounter(tidegate.url, 'tidegate_breaker_transitions_total'), `chroma-read",to="${state}"`);

/** Asks until the breaker of ChromaDB's reads is open. */
async function untilOpen(): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  const opened = await movesTo('open');
  await until('the breaker opens', RECOVERY_LIMIT_MS, async () => {
    replies.push(...(await Promise.all(Array.from({ length: MIN_CALLS }, forced))));
    return (await movesTo('open')) > opened;
  });
  return replies;
}

async function untilClosed(): Promise<void> {
  await until('the breaker closes', RECOVERY_LIMIT_MS, async () => (await stateOf('chroma-read')) === 0);
}

describe('a ChromaDB that is gone', () => {
  it('opens the breaker of reads, which refuses at once, and no other', async () => {
    await network.close();
    const replies = await untilOpen();
    expect(replies.filter(({ status }) => status !== 503 && status !== 502)).toEqual([]);
    await until('a call is refused', RECOVERY_LIMIT_MS, async () => {
      await forced();
      const calls = await readCounter(tidegate.url, 'tidegate_chroma_requests_total');
      return sumOf(calls, 'kind="read",outcome="rejected"') > 0;
    });
    expect([await stateOf('chroma-write'), await stateOf('chroma-admin')]).toEqual([0, 0]);
    await until('a heartbeat fails', RECOVERY_LIMIT_MS, async () => {
      const probes = await readCounter(tidegate.url, 'tidegate_chroma_probes_total');
      return sumOf(probes, 'outcome="failed"') > 0;
    });
  });

  it('closes it by its heartbeats when it is back, without a caller', async () => {
    const calls = async () =>
      sumOf(await readCounter(tidegate.url, 'tidegate_chroma_requests_total'), '"read"');
    const before = await calls();
    network = await startTcpForwarder(lender.chromaUrl, { port });
    await untilClosed();
    expect(await calls()).toBe(before);
    expect((await forced()).status).toBe(200);
  });
});

describe('a ChromaDB that is slow', () => {
  it('opens the breaker though every answer is good, and each is delivered', async () => {
    network.delayAnswers(2 * SLOW_MS);
    const replies = await untilOpen();
    expect(replies.slice(0, MIN_CALLS).map(({ status }) => status)).toEqual(Array(MIN_CALLS).fill(200));
  });

  it('closes it when calls show that it is fast again: a heartbeat cannot tell', async () => {
    await until('good calls close the breaker', RECOVERY_LIMIT_MS, async () => {
      await forced();
      return (await stateOf('chroma-read')) === 0;
    });
    expect((await forced()).status).toBe(200);
  });
});

describe('a mirrored collection', () => {
  it('is answered for while the breaker is open', async () => {
    await waitForTier(tidegate.url, records.id, 'mirror');
    await network.close();
    await untilOpen();
    for (let read = 0; read < 20; read++) {
      const reply = await records.query(query());
      expect([reply.status, tierOf(reply)]).toEqual([200, 'mirror']);
    }
    network = await startTcpForwarder(lender.chromaUrl, { port });
    await untilClosed();
  });
});
