import http from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, DEFAULT_DATABASE } from './support/http.js';
import { runningChromaOf } from './support/process-tree.js';
import { createCollection, type Records } from './support/records.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const TOGETHER = 3;
const TAKE_PORT_LIMIT_MS = 2_000;
const WATCH_MS = 3_000;
const RECOVERY_LIMIT_MS = 15_000;
/** Within this a child that died has surely been noticed. */
const NOTICE_MS = 300;
const HARMLESS = /^\/api\/v2(\/heartbeat|\/version|\/healthcheck)?$/;
const FOREIGN_ANSWER = { ids: [['foreign']], distances: [[0]], nanosecond: 'heartbeat' };

/** A server that says yes to everything, as somebody else's ChromaDB may. */
interface ForeignStore {
  /** The kinds of calls it got, but for the harmless question whether it is there. */
  readonly asked: ReadonlySet<string>;
  close(): Promise<void>;
}

/** Takes the port as soon as it is free. */
async function takePort(port: number): Promise<ForeignStore> {
  const asked = new Set<string>();
  const server = http.createServer((request, response) => {
    const path = String(request.url);
    if (!HARMLESS.test(path)) asked.add(path.slice(path.lastIndexOf('/') + 1));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(FOREIGN_ANSWER));
  });
  await until(`port ${port} is taken`, TAKE_PORT_LIMIT_MS, () => listensOn(server, port), 1);
  return {
    asked,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function listensOn(server: http.Server, port: number): Promise<boolean> {
  server.listen(port, '127.0.0.1');
  return Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]).catch(() => false);
}

describe('another server takes the port of a ChromaDB that died', () => {
  let tidegate: TidegateProcess;
  let records: Records;
  let foreign: ForeignStore;
  const answers = new Set<string>();

  beforeAll(async () => {
    tidegate = await startTidegate();
    records = await createCollection(tidegate.url, 'ours');
    await records.add({ ids: ['own'], embeddings: [[1, 2]] });
    process.kill(await runningChromaOf(tidegate.pid), 'SIGKILL');
    foreign = await takePort(Number(new URL(tidegate.chromaUrl).port));
    await sleep(NOTICE_MS);
    const over = Date.now() + WATCH_MS;
    while (Date.now() < over) {
      answers.add((await records.query({ query_embeddings: [[1, 2]], n_results: 1 })).text);
      answers.add((await records.upsert({ ids: ['own'], embeddings: [[1, 2]] })).text);
    }
    await foreign.close();
  });

  it('is not taken for ours', () => {
    expect(answers.size).toBeGreaterThan(0);
    expect([...answers].filter((answer) => answer.includes('foreign'))).toEqual([]);
  });

  it('gets none of our requests', () => {
    expect([...foreign.asked]).toEqual([]);
  });

  it('does not keep Tidegate from recovering', async () => {
    await until('a write succeeds again', RECOVERY_LIMIT_MS, async () => {
      return (await records.upsert({ ids: ['own'], embeddings: [[3, 4]] })).status === 200;
    });
    const count = await getJson(tidegate.url, `${DEFAULT_DATABASE}/collections/${records.id}/count`);
    expect(count.json).toBe(1);
  });
});

describe('several Tidegates start at the same moment', () => {
  it('each with a ChromaDB of its own', async () => {
    const all = await Promise.all(Array.from({ length: TOGETHER }, () => startTidegate()));

    expect(new Set(all.map(({ chromaUrl }) => chromaUrl)).size).toBe(TOGETHER);
    await Promise.all(all.map(({ url }) => createCollection(url, 'same-name')));
  });
});
