import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCounter, sumOf } from './support/counters.js';
import { getJson, waitForTier } from './support/http.js';
import { preloading, WORKER_KILLER } from './support/preloads.js';
import { QueryLoad } from './support/query-load.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 16;
const RECORDS = 300;
const LOOPS = 4;
const DEATHS = 2;
const REPLACED_WITHIN_MS = 10_000;

let tidegate: TidegateProcess;
let records: Records;

beforeAll(async () => {
  const random = seededRandom('worker-death');
  tidegate = await startTidegate(preloading(WORKER_KILLER));
  records = await createCollection(tidegate.url, 'mirrored');
  const vectors = Array.from({ length: RECORDS }, () => random.vector(DIMENSION));
  await records.add(numberedRecords('record', vectors));
  await waitForTier(tidegate.url, records.id, 'mirror');
});

afterAll(() => tidegate.stop());

async function restarts(): Promise<number> {
  return sumOf(await readCounter(tidegate.url, 'tidegate_worker_restarts_total'), '');
}

async function killWorkers(): Promise<void> {
  const before = await restarts();
  process.kill(tidegate.pid, 'SIGUSR2');
  await until('the worker is replaced', REPLACED_WITHIN_MS, async () => (await restarts()) > before);
  await waitForTier(tidegate.url, records.id, 'mirror');
}

describe('a mirror worker that dies under load', () => {
  it('is noticed by no caller: ChromaDB answers, the same, until the mirror is warm again', async () => {
    const load = new QueryLoad(records, DIMENSION, LOOPS);
    await load.runFor(300);
    for (let death = 0; death < DEATHS; death++) await killWorkers();
    await load.runFor(300);
    await load.stop();

    expect(load.failures).toEqual([]);
    expect(load.replies.filter(({ reply }) => reply.status !== 200)).toEqual([]);
    expect(load.changedAnswers).toEqual([]);
    const tiers = new Set(load.replies.flatMap(({ kind, tier }) => (kind === 'forced' ? [] : [tier])));
    expect([...tiers].sort()).toEqual(['answer-cache', 'chroma', 'mirror']);
    expect(await restarts()).toBe(DEATHS);
  });

  it('leaves Tidegate ready', async () => {
    expect((await getJson(tidegate.url, '/health/ready')).status).toBe(200);
  });
});
