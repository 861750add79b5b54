import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getJson, tierOf, waitForTier } from './support/http.js';
import { createCollection, numberedRecords } from './support/records.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const QUERY = { query_embeddings: [[1, 0]], n_results: 1, include: ['documents'] };

let lender: TidegateProcess;
let network: TcpForwarder;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tidegate-doubt-'));
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
});

afterAll(async () => {
  await network.close();
  await lender.stop();
  await rm(dataDir, { recursive: true });
});

const start = (settleMs: number) =>
  startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_DATA_DIR: dataDir,
    TIDEGATE_SETTLE_MS: String(settleMs),
  });

describe('a process that dies while a write is under way', () => {
  it('leaves the collection in doubt to the next one', async () => {
    const first = await start(0);
    const records = await createCollection(first.url, 'durable-doubt');
    const other = await createCollection(first.url, 'certain');
    await records.add(numberedRecords('r', [[1, 0]]));
    await other.add(numberedRecords('r', [[1, 0]]));
    await waitForTier(first.url, records.id, 'mirror');
    network.hold.begin('written late');
    const write = records.update({ ids: ['r-0'], documents: ['written late'] }).catch(() => undefined);
    await until('the write is under way', 5_000, () => Promise.resolve(network.hold.held === 1));
    await first.kill();
    await write;

    const next = await start(600_000);
    const doubted = await records.through(next.url).query(QUERY);
    expect([tierOf(doubted), doubted.headers['x-tidegate-reason']]).toEqual(['chroma', 'in-doubt']);
    const certain = await other.through(next.url).query(QUERY);
    expect(certain.headers['x-tidegate-reason']).toBe('mirror-cold');
    const { json } = await getJson(next.url, '/operations/v1/collections');
    expect(json).toMatchObject({ collections: [{ id: records.id, inDoubt: { records: null } }, {}] });
    await next.kill();

    network.hold.end();
    const last = await start(0);
    await waitForTier(last.url, records.id, 'mirror');
    expect((await records.through(last.url).query(QUERY)).json).toEqual(
      (await records.through(lender.url).query(QUERY)).json,
    );
    await last.stop();
  });
});
