import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getJson, postJson, tierOf, waitForTier } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const EVERYTHING = { include: ['embeddings', 'documents', 'metadatas', 'uris'] };
const LIMIT_MS = 20_000;

let lender: TidegateProcess;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tidegate-restart-'));
  lender = await startTidegate();
});

afterAll(async () => {
  await lender.stop();
  await rm(dataDir, { recursive: true });
});

const start = () => startTidegate({ TIDEGATE_CHROMA_URL: lender.chromaUrl, TIDEGATE_DATA_DIR: dataDir });

async function takeSnapshot(url: string, { id }: Records): Promise<void> {
  const sync = `/operations/v1/sync/${id}`;
  const before = ((await getJson(url, sync)).json as { snapshot?: { takenAt: string } }).snapshot?.takenAt;
  await until('a snapshot begins', LIMIT_MS, async () => {
    const { status } = await postJson(url, `${sync}/snapshot`, undefined);
    return status === 202;
  });
  await until('a snapshot is whole', LIMIT_MS, async () => {
    const { snapshot } = (await getJson(url, sync)).json as { snapshot?: { takenAt: string } };
    return snapshot !== undefined && snapshot.takenAt !== before;
  });
}

describe('a mirror', () => {
  it('is there again after a kill -9, equal to ChromaDB, from its snapshot', async () => {
    const first = await start();
    const records = await createCollection(first.url, 'snapshot-restart', 'cosine');
    const vectors = Array.from({ length: 200 }, (_, at) => [Math.sin(at), Math.cos(at), at / 200]);
    await records.add(numberedRecords('r', vectors));
    await waitForTier(first.url, records.id, 'mirror');
    await takeSnapshot(first.url, records);
    await records.update({ ids: ['r-3'], documents: ['changed since'] });
    await records.delete({ ids: ['r-5'] });
    await records.add(numberedRecords('s', [[1, 2, 3]]));
    await first.kill();

    // Past every Tidegate.
    await records.through(lender.chromaUrl).delete({ ids: ['r-7'] });
    const next = await start();
    await until('the mirror is warm', LIMIT_MS, async () => {
      const { json } = await getJson(next.url, `/operations/v1/sync/${records.id}`);
      return (json as { state?: string }).state === 'warm';
    });
    const { text } = await getJson(next.url, '/metrics');
    expect(text).toContain('tidegate_snapshots_total{use="load",outcome="ok"} 1');
    const there = records.through(next.url);
    const got = await there.get(EVERYTHING);
    expect(tierOf(got)).toBe('mirror');
    expect(got.json).toEqual((await records.through(lender.chromaUrl).get(EVERYTHING)).json);
    const query = { query_embeddings: [[1, 2, 3]], n_results: 5 };
    const queried = await there.query(query);
    expect(tierOf(queried)).toBe('mirror');
    const { ids } = queried.json as { ids: string[][] };
    expect(ids).toEqual(
      ((await records.through(lender.chromaUrl).query(query)).json as { ids: string[][] }).ids,
    );
    await next.stop();
    expect(await readdir(join(dataDir, 'mirrors'))).toEqual([records.id]);
  });
});
