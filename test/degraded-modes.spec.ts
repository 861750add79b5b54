import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, postJson, tierOf, waitForTier } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const LIMIT_MS = 20_000;
const SLOW_MS = 1_000;
/** Less than any Node process holds. */
const TOO_LITTLE_MB = '16';
const SEED = 29;

let lender: TidegateProcess;
let network: TcpForwarder;

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
});

afterAll(async () => {
  await network.close();
  await lender.stop();
});

async function filled(url: string, name: string): Promise<Records> {
  const records = await createCollection(url, name);
  await records.add(
    numberedRecords('r', [
      [1, 0],
      [0, 1],
    ]),
  );
  return records;
}

const newQuery = (random: SeededRandom) => ({ query_embeddings: [random.vector(2)], n_results: 1 });

describe('a ChromaDB that is slow', () => {
  it('is not waited for where there is a mirror', async () => {
    const random = new SeededRandom(SEED);
    const tidegate = await startTidegate({ TIDEGATE_CHROMA_URL: network.url });
    const records = await filled(tidegate.url, 'slow');
    await waitForTier(tidegate.url, records.id, 'mirror');
    network.delayAnswers(SLOW_MS);
    for (let n = 0; n < 30; n++) {
      const reply = await records.query(newQuery(random));
      expect([n, reply.status, tierOf(reply)]).toEqual([n, 200, 'mirror']);
    }
    network.delayAnswers(0);
  });
});

describe('memory that is short', () => {
  it('lets no mirror be, says so, and ChromaDB answers', async () => {
    const random = new SeededRandom(SEED);
    const tidegate = await startTidegate({
      TIDEGATE_CHROMA_URL: lender.chromaUrl,
      TIDEGATE_MEMORY_MAX_MB: TOO_LITTLE_MB,
    });
    const records = await filled(tidegate.url, 'short');
    await records.query(newQuery(random));
    await until('memory is short', LIMIT_MS, async () => {
      return /^tidegate_memory_short 1$/m.test((await getJson(tidegate.url, '/metrics')).text);
    });
    for (let n = 0; n < 5; n++) {
      const reply = await records.query(newQuery(random));
      expect([reply.status, tierOf(reply)]).toEqual([200, 'chroma']);
    }
    const { collections } = (await getJson(tidegate.url, '/operations/v1/collections')).json as {
      collections: { id: string; state: string; bytes: number }[];
    };
    const [held] = collections.filter(({ id }) => id === records.id);
    expect(['cold', 'refused']).toContain(held?.state);
    expect(held?.bytes).toBe(0);
    const asked = await postJson(tidegate.url, `/operations/v1/sync/${records.id}/warm`, undefined);
    expect(asked.status).toBe(409);
    expect(asked.text).toContain('memory is short');
    expect(tidegate.logs.map(({ event }) => event)).toContain('memory-short');
  });
});
