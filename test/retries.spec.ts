import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readCounter } from './support/counters.js';
import { FaultyNetwork, type Fault } from './support/faulty-network.js';
import { FROM_CHROMA, getJson, DEFAULT_DATABASE } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 8;
/** Retries that ten seconds have whatever the reads. */
const LEAST = 3;
const SETTLED_LIMIT_MS = 20_000;
const random = new SeededRandom(43);

let lender: TidegateProcess;
let network: FaultyNetwork;
let tidegate: TidegateProcess;
let records: Records;
/** What happens to the next calls, and to all others after them. */
let faults: Fault[] = [];
let always: Fault | undefined;
/** How paths end that faults happen to: Tidegate has calls of its own to make. */
let faulty = '';
let calls = 0;

beforeAll(async () => {
  lender = await startTidegate();
  const chance = (path: string) => {
    calls++;
    return path.endsWith(faulty) ? (faults.shift() ?? always) : undefined;
  };
  network = await FaultyNetwork.start(lender.chromaUrl, { lateMs: 0, chance });
  tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_BREAKER_MIN_CALLS: '100000',
    TIDEGATE_SETTLE_MS: '0',
  });
  records = await createCollection(tidegate.url, 'retried');
  const vectors = Array.from({ length: 20 }, () => random.vector(DIMENSION));
  expect((await records.add(numberedRecords('record', vectors))).status).toBe(201);
});

beforeEach(async () => {
  await settled();
  [faults, always, faulty, calls] = [[], undefined, '', 0];
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

/** Asked of ChromaDB alone, so that no mirror is filled meanwhile. */
const ask = () => records.query({ query_embeddings: [random.vector(DIMENSION)], n_results: 3 }, FROM_CHROMA);
const retries = async (outcome: string) =>
  (await readCounter(tidegate.url, 'tidegate_retries_total')).get(`outcome="${outcome}"`) ?? 0;

/** While something is in doubt Tidegate's own calls would run into the faults. */
async function settled(): Promise<void> {
  await until('everything has settled', SETTLED_LIMIT_MS, async () => {
    const doubts = await readCounter(tidegate.url, 'tidegate_in_doubt_collections');
    return doubts.get('') === 0;
  });
}

describe('a read that ChromaDB breaks off', () => {
  it('is mended by asking again, twice at most', async () => {
    faults = ['reset-before', 'reset-after'];
    expect((await ask()).status).toBe(200);
    expect(calls).toBe(3);
    expect([await retries('failed'), await retries('mended')]).toEqual([1, 1]);
  });

  it('is mended also where only ChromaDB answers', async () => {
    faults = ['reset-before'];
    expect((await getJson(tidegate.url, `${DEFAULT_DATABASE}/collections`)).status).toBe(200);
    expect(calls).toBe(2);
  });

  it('is not repeated where ChromaDB answered, though with an error', async () => {
    faults = ['error-instead'];
    expect((await ask()).status).toBe(500);
    expect(calls).toBe(1);
  });
});

describe('a write or an administrative call that ChromaDB breaks off', () => {
  it('is never repeated', async () => {
    faults = ['reset-before'];
    const reply = await records.upsert({ ids: ['once'], embeddings: [random.vector(DIMENSION)] });
    expect(reply.status).toBe(502);
    expect(faults).toEqual([]);
    await settled();
    const mended = await retries('mended');
    [faults, faulty] = [['reset-before'], '/collections'];
    await expect(createCollection(tidegate.url, 'never')).rejects.toThrow('502');
    expect(await retries('mended')).toBe(mended);
  });
});

describe('when everything fails', () => {
  it('retries are a fifth of the reads', async () => {
    always = 'reset-before';
    const asked = 60;
    let answered = 0;
    for (let read = 0; read < asked; read++) answered += (await ask()).status === 502 ? 1 : 0;
    expect(answered).toBe(asked);
    // So much is allowed in any ten seconds, of which these reads may take more than one.
    expect(calls).toBeLessThanOrEqual(asked + asked / 5 + 2 * LEAST);
    expect(await retries('no-budget')).toBeGreaterThan(0);
  });
});
