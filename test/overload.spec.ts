import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_DATABASE, FROM_CHROMA, waitForTier, type Headers } from './support/http.js';
import { driveOverload, type OverloadFigures } from './support/overload-driver.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const DIMENSION = 64;
const PAGES = 10;
const PAGE_RECORDS = 1_000;
const CALLERS = 20;
/** So that the first number of a query is as large as the others. */
const FIRST_SCALE = 1e6;
const RECOVERY_MAX_MS = 10_000;
const GOODPUT_MIN_SHARE = 0.8;
/** TEST_OVERLOAD_SECONDS=20 makes the long run. */
const LONG_SECONDS = process.env['TEST_OVERLOAD_SECONDS'];
const IS_LONG = LONG_SECONDS !== undefined;
const SECONDS = Number(LONG_SECONDS ?? '4');
const STEP_SECONDS = Math.max(1.5, SECONDS / 4);
const LIMIT_MS = 60_000 + SECONDS * 30_000;

const random = seededRandom('overload');
const proof = new ProofLog('at twice the knee goodput is kept', 'overloads', random.seed);
let tidegate: TidegateProcess;
let records: Records;

beforeAll(async () => {
  tidegate = await startTidegate();
  records = await createCollection(tidegate.url, 'loaded');
  for (let page = 0; page < PAGES; page++) {
    const vectors = Array.from({ length: PAGE_RECORDS }, () => random.vector(DIMENSION));
    await records.add(numberedRecords(`page-${page}`, vectors));
  }
  await waitForTier(tidegate.url, records.id, 'mirror');
});

afterAll(() => {
  proof.report();
  return tidegate.stop();
});

/**
 * Queries that no answer is kept for, of many callers in turn. Each differs from the others by one number: to
 * make all of them up anew would take the cores from what is measured, the more the more is offered.
 */
function drive(headers: Headers, embeddings: number, firstRate: number): Promise<OverloadFigures> {
  const path = `${DEFAULT_DATABASE}/collections/${records.id}/query`;
  const query = JSON.stringify({
    query_embeddings: Array.from({ length: embeddings }, () => random.vector(DIMENSION)),
    n_results: 10,
    include: [],
  });
  const [start, afterFirst] = [query.indexOf('[[') + 2, query.indexOf(',')];
  const call = (turn: number) => ({
    path,
    headers: {
      'content-type': 'application/json',
      'x-tidegate-caller': `caller-${turn % CALLERS}`,
      ...headers,
    },
    body: `${query.slice(0, start)}${turn / FIRST_SCALE}${query.slice(afterFirst)}`,
  });
  const plan = { firstRate, stepSeconds: STEP_SECONDS, overloadSeconds: SECONDS, calmSeconds: SECONDS };
  return driveOverload(tidegate.url, call, plan);
}

describe('at twice the load of the knee', () => {
  // A mirror's searches have so many vectors that the worker is what is short, not the load's own process.
  it.each([
    ['ChromaDB', FROM_CHROMA, 1, 50],
    ['a mirror', {}, 40, 20],
  ] as const)(
    'queries of %s are all answered or refused, keep their goodput, and recover',
    async (tier, headers, embeddings, firstRate) => {
      const figures = await proof.run(() => drive(headers, embeddings, firstRate));
      process.stdout.write(`queries of ${tier}: ${JSON.stringify(figures)}\n`);
      expect(figures.overload.shedShare).toBeGreaterThan(0.1);
      expect(figures.overload.failedShare).toBe(0);
      // What a tier can do changes with who shares the cores: goodput is judged where the suite runs alone.
      if (IS_LONG) expect(figures.goodputShare).toBeGreaterThanOrEqual(GOODPUT_MIN_SHARE);
      expect(figures.recoveryMs).toBeLessThanOrEqual(RECOVERY_MAX_MS);
    },
    LIMIT_MS,
  );
});
