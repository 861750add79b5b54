import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FROM_CHROMA, getJson, postJson, waitForTier, DEFAULT_DATABASE, type Reply } from './support/http.js';
import { answerOf, createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { closedPort, startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const RECOVERY_LIMIT_MS = 15_000;
const SOME_ID = '5c1f6a1e-7a56-4b78-9d2e-1f2e3a4b5c6d';
const COLLECTION = `${DEFAULT_DATABASE}/collections/${SOME_ID}`;
const SERVICE_ERROR = { error: expect.any(String), message: expect.any(String) };

let port: number;
let lender: TidegateProcess;
let tidegate: TidegateProcess;
let forwarder: TcpForwarder | undefined;

beforeAll(async () => {
  port = await closedPort();
  [lender, tidegate] = await Promise.all([
    startTidegate(),
    startTidegate({ TIDEGATE_CHROMA_URL: `http://127.0.0.1:${port}` }),
  ]);
});

afterAll(() => forwarder?.close());

async function openStore(): Promise<void> {
  forwarder = await startTcpForwarder(lender.chromaUrl, { port });
  await until('Tidegate is ready', RECOVERY_LIMIT_MS, async () => {
    return (await getJson(tidegate.url, '/health/ready')).status === 200;
  });
}

async function closeStore(): Promise<void> {
  await forwarder?.close();
  forwarder = undefined;
}

function chromaHealth(reply: Reply): unknown {
  return (reply.json as { details?: { chroma?: { status?: unknown } } }).details?.chroma?.status;
}

describe('Tidegate in front of no ChromaDB', () => {
  it('says which address it stands in front of', () => {
    expect(tidegate.chromaUrl.replace(/\/$/, '')).toBe(`http://127.0.0.1:${port}`);
  });

  it('is alive', async () => {
    expect((await getJson(tidegate.url, '/health/live')).status).toBe(200);
  });

  it('is not ready, because of ChromaDB', async () => {
    const reply = await getJson(tidegate.url, '/health/ready');

    expect(reply.status).toBe(503);
    expect(chromaHealth(reply)).toBe('down');
  });

  it.each([
    ['a query', 'query', { query_embeddings: [[1, 2]] }],
    ['a get', 'get', {}],
    ['an add', 'add', { ids: ['a'], embeddings: [[1, 2]] }],
    ['an upsert', 'upsert', { ids: ['a'], embeddings: [[1, 2]] }],
    ['an update', 'update', { ids: ['a'], embeddings: [[1, 2]] }],
    ['a delete', 'delete', { ids: ['a'] }],
  ])('answers %s with 503 and says why', async (_, call, body) => {
    const reply = await postJson(tidegate.url, `${COLLECTION}/${call}`, body);

    expect(reply.status).toBe(503);
    expect(reply.json).toEqual(SERVICE_ERROR);
  });

  it.each(['/api/v2/heartbeat', '/api/v2/version', `${DEFAULT_DATABASE}/collections`])(
    'answers GET %s with 503 and says why',
    async (path) => {
      const reply = await getJson(tidegate.url, path);

      expect(reply.status).toBe(503);
      expect(reply.json).toEqual(SERVICE_ERROR);
    },
  );
});

describe('ChromaDB comes, goes and comes again', () => {
  let records: Records;
  const query = { query_embeddings: [[0.5, 0.25, 0]], n_results: 3 };

  it('Tidegate recovers by itself when ChromaDB comes', async () => {
    await openStore();
    const ready = await getJson(tidegate.url, '/health/ready');
    const vectors = Array.from({ length: 50 }, (_, index) => new SeededRandom(index).vector(3));
    records = await createCollection(tidegate.url, 'late');
    const added = await records.add(numberedRecords('late', vectors));

    expect(chromaHealth(ready)).toBe('up');
    expect(added.status).toBe(201);
    await waitForTier(tidegate.url, records.id, 'mirror');
    const direct = answerOf(await records.through(lender.chromaUrl).query(query));
    expect(answerOf(await records.query(query)).ids).toEqual(direct.ids);
  });

  it('answers from memory when ChromaDB goes', async () => {
    await closeStore();
    const plain = await records.query({ ...query, n_results: 4 });
    const forced = await records.query(query, FROM_CHROMA);

    expect(plain.status).toBe(200);
    expect(plain.headers['x-tidegate-tier']).toBe('mirror');
    expect([502, 503]).toContain(forced.status);
    expect(forced.json).toEqual(SERVICE_ERROR);
  });

  it('recovers again', async () => {
    await openStore();

    expect((await records.query(query, FROM_CHROMA)).status).toBe(200);
    expect((await records.upsert({ ids: ['late-0'], embeddings: [[9, 9, 9]] })).status).toBe(200);
    const moved = await records.query({ query_embeddings: [[9, 9, 9]], n_results: 1 });
    expect(answerOf(moved).ids).toEqual([['late-0']]);
  });
});
