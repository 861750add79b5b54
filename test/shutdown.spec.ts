import http from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DEFAULT_DATABASE,
  FROM_CHROMA,
  getJson,
  patientAgent,
  waitForTier,
  type Reply,
} from './support/http.js';
import { loadUntilRefused } from './support/stopping-load.js';
import { isRunning, runningChromaOf, untilGone } from './support/process-tree.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { spawnTidegate, startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

/** Long enough that requests are surely still in flight when Tidegate is told to stop. */
const ANSWER_DELAY_MS = 800;
const ORPHAN_LIMIT_MS = 5_000;
const REQUESTS = 12;
const VECTOR = [0.1, 0.2, 0.3];
const LOOPS = 16;
const LOAD_MS = 1_000;

let lender: TidegateProcess;
let slowNetwork: TcpForwarder;
let records: Records;

beforeAll(async () => {
  lender = await startTidegate();
  slowNetwork = await startTcpForwarder(lender.chromaUrl, { answerDelayMs: ANSWER_DELAY_MS });
  records = await createCollection(lender.chromaUrl, 'slow');
  const random = new SeededRandom(17);
  await records.add(
    numberedRecords(
      'record',
      Array.from({ length: 20 }, () => random.vector(3)),
    ),
  );
});

afterAll(() => slowNetwork.close());

/**
 * A Tidegate that waits for each answer of its ChromaDB; a shutdown of a minute would exceed every bound
 * here.
 */
function startBehindSlowNetwork(): Promise<TidegateProcess> {
  return startTidegate({ TIDEGATE_CHROMA_URL: slowNetwork.url, TIDEGATE_SHUTDOWN_MS: '60000' });
}

/** Queries that each have to go to ChromaDB. */
function slowQueries(tidegate: TidegateProcess): Promise<readonly Reply[]> {
  const door = records.through(tidegate.url);
  const query = { query_embeddings: [VECTOR], n_results: 2 };
  return Promise.all(Array.from({ length: REQUESTS }, () => door.query(query, FROM_CHROMA)));
}

/** A request of which only the first half of the body is sent until `finish` is called. */
function halfSentQuery(tidegate: TidegateProcess) {
  const body = JSON.stringify({ query_embeddings: [VECTOR], n_results: 1 });
  const { hostname, port } = new URL(tidegate.url);
  const request = http.request({
    ...{ agent: patientAgent, hostname, port, method: 'POST' },
    path: `${DEFAULT_DATABASE}/collections/${records.id}/query`,
    headers: { ...FROM_CHROMA, 'content-type': 'application/json', 'content-length': body.length },
  });
  request.write(body.slice(0, 20));
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
  answered.catch(() => undefined);
  return {
    answered,
    finish: async () => {
      request.end(body.slice(20));
      const [response] = await answered;
      response.resume();
      return response.statusCode;
    },
  };
}

describe('SIGTERM', () => {
  it('lets requests in flight complete, and the process ends with 0', async () => {
    const tidegate = await startBehindSlowNetwork();
    const queriesBefore = slowNetwork.queries();
    const inFlight = slowQueries(tidegate);
    await until('the queries are under way', 5_000, () =>
      Promise.resolve(slowNetwork.queries() >= queriesBefore + REQUESTS),
    );
    await sleep(200);

    const stopped = tidegate.stop();
    const replies = await inFlight;

    expect(replies.map(({ status }) => status)).toEqual(Array<number>(REQUESTS).fill(200));
    expect(await stopped).toBe(0);
  });

  it('lets a request complete whose body is still arriving', async () => {
    const tidegate = await startBehindSlowNetwork();
    const query = halfSentQuery(tidegate);
    await sleep(200);

    const stopped = tidegate.stop();
    await sleep(300);

    expect(await query.finish()).toBe(200);
    expect(await stopped).toBe(0);
  });

  it('does not wait for connections that are open and idle', async () => {
    const tidegate = await startBehindSlowNetwork();
    await getJson(tidegate.url, '/health/live');

    expect(await tidegate.stop()).toBe(0);
  });

  it('a second time ends it at once, and ChromaDB follows', async () => {
    const tidegate = await startTidegate({ TIDEGATE_SHUTDOWN_MS: '60000' });
    const chroma = await runningChromaOf(tidegate.pid);
    const unfinished = halfSentQuery(tidegate);
    await sleep(200);

    const stopped = tidegate.stop();
    await sleep(200);
    expect(await isRunning(tidegate.pid)).toBe(true);
    process.kill(tidegate.pid, 'SIGTERM');

    await expect(unfinished.answered).rejects.toThrow();
    expect(await stopped).toBe(1);
    await untilGone(chroma, ORPHAN_LIMIT_MS);
  });

  it('during the start leaves no ChromaDB behind', async () => {
    const tidegate = await spawnTidegate();
    const chroma = await runningChromaOf(tidegate.pid);

    await tidegate.stop();

    await untilGone(chroma, ORPHAN_LIMIT_MS);
  });
});

describe('SIGTERM under load', () => {
  it('fails no request: each is answered, or its connection is refused', async () => {
    // On a machine that is busy otherwise, what waits for ChromaDB would be shed.
    const patience = { TIDEGATE_CHROMA_QUEUE_MS: '10000' };
    const tidegate = await startTidegate({ TIDEGATE_CHROMA_URL: lender.chromaUrl, ...patience });
    const path = `${DEFAULT_DATABASE}/collections/${records.id}/count`;
    const load = loadUntilRefused(tidegate.url, path, LOOPS);
    await sleep(LOAD_MS);

    const stopped = tidegate.stop();
    const { answered, closing, failures } = await load;

    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(LOOPS);
    expect(closing).toBeGreaterThanOrEqual(LOOPS);
    expect(await stopped).toBe(0);
  });

  it('is not ready first, and goes on answering for a while, each connection for the last time', async () => {
    const tidegate = await startTidegate({
      TIDEGATE_CHROMA_URL: lender.chromaUrl,
      TIDEGATE_PRESTOP_MS: '2000',
    });
    expect((await getJson(tidegate.url, '/health/ready')).status).toBe(200);

    const stopped = tidegate.stop();
    await until('it is not ready', 1_500, async () => {
      const { status, json } = await getJson(tidegate.url, '/health/ready');
      const { process: own } = (json as { details: Record<string, { status: string }> }).details;
      return status === 503 && own?.status === 'down';
    });
    const reply = await records.through(tidegate.url).query({ query_embeddings: [VECTOR], n_results: 1 });

    expect([reply.status, reply.headers.connection]).toEqual([200, 'close']);
    expect((await getJson(tidegate.url, '/health/live')).status).toBe(200);
    expect(await stopped).toBe(0);
  });

  it('takes a snapshot of each mirror that changed', async () => {
    const tidegate = await startTidegate({ TIDEGATE_SNAPSHOT_INTERVAL_MS: '86400000' });
    const there = await createCollection(tidegate.url, 'changed');
    await there.add(numberedRecords('r', [VECTOR]));
    await waitForTier(tidegate.url, there.id, 'mirror');
    const events = () => tidegate.logs.map(({ event }) => event);
    await until('the first snapshot is taken', 10_000, () =>
      Promise.resolve(events().includes('snapshot-taken')),
    );
    await there.upsert(numberedRecords('s', [VECTOR]));

    expect(await tidegate.stop()).toBe(0);

    expect(events().slice(events().indexOf('stopping'))).toEqual(['stopping', 'snapshot-taken']);
    expect(tidegate.logs.at(-1)).toMatchObject({ collection: there.id, records: 2 });
  });
});
