import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tierOf, waitForTier, type Reply } from './support/http.js';
import { createCollection, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const RECORDS = 2_000;
const DIMENSION = 16;
const WRITES = 2;
const HOT_TIERS = ['mirror', 'answer-cache'];

const random = seededRandom('whole-writes');
let tidegate: TidegateProcess;

beforeAll(async () => {
  tidegate = await startTidegate();
});

afterAll(() => tidegate.stop());

function recordsOf(write: number) {
  const ids = Array.from({ length: RECORDS }, (_, number) => `r${number}`);
  return {
    ids,
    embeddings: ids.map(() => random.vector(DIMENSION)),
    metadatas: ids.map(() => ({ write })),
  };
}

/** Asks again and again while the writes go on; gives which writes each hot answer shows. */
async function askDuring(writes: Promise<unknown>, ask: () => Promise<Reply>): Promise<string[]> {
  const shown: string[] = [];
  const ended = writes.then(() => true);
  for (;;) {
    const reply = await ask();
    const found = new Set(reply.text.match(/"write":\d+/g));
    if (HOT_TIERS.includes(tierOf(reply))) shown.push([...found].join());
    if (await Promise.race([ended, Promise.resolve(false)])) return shown;
  }
}

async function writeAll(records: Records): Promise<void> {
  for (let write = 2; write <= 1 + WRITES; write++) {
    expect((await records.upsert(recordsOf(write))).status).toBe(200);
  }
}

describe('a write of many records, read while it is taken in', () => {
  it('is in every answer of the mirror as a whole or not at all, by get and by query', async () => {
    const records = await createCollection(tidegate.url, 'whole');
    expect((await records.add(recordsOf(1))).status).toBe(201);
    await waitForTier(tidegate.url, records.id, 'mirror');
    const writes = writeAll(records);
    const include = ['metadatas'];
    const answers = await Promise.all([
      askDuring(writes, () => records.get({ include })),
      askDuring(writes, () => records.get({ ids: ['r0', `r${RECORDS - 1}`, 'r600'], include })),
      askDuring(writes, () =>
        records.query({ query_embeddings: [random.vector(DIMENSION)], n_results: RECORDS, include }),
      ),
    ]);
    for (const shown of answers) {
      expect(shown.filter((each) => !/^"write":\d+$/.test(each))).toEqual([]);
      expect(shown.length).toBeGreaterThan(0);
    }
    expect((await records.get({ include })).text.match(/"write":\d+/g)).toEqual(
      Array.from({ length: RECORDS }, () => `"write":${1 + WRITES}`),
    );
  });
});
