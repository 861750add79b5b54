import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, tierOf, waitForTier } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const SETTLE_MS = 1_500;
/** Long enough for all other calls, also on a machine that does much else. */
const CALL_LIMIT_MS = 3_000;
/** Longer than a call may take: ChromaDB applies the write, and Tidegate does not hear of it in time. */
const LATE_MS = 4_000;
const QUERY = { query_embeddings: [[1, 0]], n_results: 1, include: ['documents'] };

let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let records: Records;

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_CHROMA_TIMEOUT_MS: String(CALL_LIMIT_MS),
    TIDEGATE_SETTLE_MS: String(SETTLE_MS),
    TIDEGATE_BREAKER_MIN_CALLS: '1000',
  });
  records = await createCollection(tidegate.url, 'in-doubt');
  await records.add(
    numberedRecords('r', [
      [1, 0],
      [0, 1],
    ]),
  );
  await waitForTier(tidegate.url, records.id, 'mirror');
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

async function stateOf(): Promise<string | undefined> {
  const { json } = await getJson(tidegate.url, '/operations/v1/collections');
  const { collections } = json as { collections: { id: string; state: string }[] };
  return collections.find(({ id }) => id === records.id)?.state;
}

describe('a write whose acknowledgement is lost', () => {
  it('takes the collection out of memory until it has settled, and is then seen by the mirror', async () => {
    expect(await stateOf()).toBe('warm');
    network.delayAnswers(LATE_MS);
    const write = await records.update({ ids: ['r-0'], documents: ['written late'] });
    network.delayAnswers(0);
    expect(write.status).toBe(504);
    expect(write.json).toEqual({
      error: expect.any(String),
      message: expect.stringContaining('look before'),
    });

    expect(await stateOf()).toBe('settling');
    const meanwhile = await records.query(QUERY);
    expect([meanwhile.status, tierOf(meanwhile)]).toEqual([200, 'chroma']);
    expect(meanwhile.headers['x-tidegate-reason']).toBe('in-doubt');

    await waitForTier(tidegate.url, records.id, 'mirror');
    const settled = await records.query(QUERY);
    expect(tierOf(settled)).toBe('mirror');
    expect(settled.json).toMatchObject({ ids: [['r-0']], documents: [['written late']] });
    const { text } = await getJson(tidegate.url, '/metrics');
    expect(text).toMatch(/^tidegate_warm_ups_total\{outcome="ok"\} 1$/m);
  });

  it('is counted', async () => {
    const { text } = await getJson(tidegate.url, '/metrics');
    expect(text).toMatch(/^tidegate_in_doubt_total 1$/m);
  });
});
