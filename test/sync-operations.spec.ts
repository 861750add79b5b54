import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readCounter, sumOf } from './support/counters.js';
import { callJson, FROM_CHROMA, getJson, postJson, tierOf } from './support/http.js';
import { answerOf, createCollection, numberedRecords, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const SYNC = '/operations/v1/sync';
const DIMENSION = 8;
const RECORDS = 300;
const PAGE_RECORDS = 50;
/** The first record of the fourth page: what waits for it has read three. */
const HELD_RECORD = '"record-150"';
const LIMIT_MS = 20_000;
const PATH = { tenant: 'default_tenant', database: 'default_database' };

interface Report {
  readonly state: string;
  readonly heldForMs: number;
  readonly lag: { readonly records: number; readonly oldestMs: number };
  readonly warmUp?: {
    readonly status: string;
    readonly recordsDone: number;
    readonly recordsAll: number;
    readonly pauses: number;
  };
}

const random = seededRandom('sync-operations');
let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let collections = 0;

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_WARM_PAGE_RECORDS: String(PAGE_RECORDS),
    // Readings are counted here.
    TIDEGATE_DRIFT_CHECK_MS: '3600000',
    // An outage opens the breaker, too.
    TIDEGATE_BREAKER_MIN_CALLS: '1',
  });
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

/** A new collection, filled through the lender: Tidegate knows nothing of it. */
async function filled(): Promise<Records> {
  const records = await createCollection(lender.url, `filled-${collections++}`);
  const vectors = Array.from({ length: RECORDS }, () => random.vector(DIMENSION));
  const reply = await records.add(numberedRecords('record', vectors));
  if (reply.status !== 201) throw new Error(`it was not filled: ${reply.text}`);
  return records.through(tidegate.url);
}

const act = ({ id }: { readonly id: string }, action: string, body?: unknown) =>
  postJson(tidegate.url, `${SYNC}/${id}/${action}`, body);

async function reportOn({ id }: Records): Promise<Report> {
  return (await getJson(tidegate.url, `${SYNC}/${id}`)).json as Report;
}

function untilReport(records: Records, awaited: string, isSo: (report: Report) => boolean): Promise<Report> {
  return until(awaited, LIMIT_MS, async () => {
    const report = await reportOn(records);
    return isSo(report) && report;
  });
}

const untilWarm = (records: Records) => untilReport(records, 'it is warm', ({ state }) => state === 'warm');

/** A collection whose warm-up has read three pages of six and waits for the fourth. */
async function warmingHalfway(): Promise<Records> {
  const records = await filled();
  network.hold.begin(HELD_RECORD);
  expect((await act(records, 'warm', PATH)).status).toBe(202);
  await until('a page is kept back', LIMIT_MS, () => Promise.resolve(network.hold.held > 0));
  return records;
}

/** The mirror's answers and ChromaDB's, for all records in their order. */
async function expectEqual(records: Records): Promise<void> {
  const body = { include: ['embeddings', 'documents', 'metadatas'] };
  const mirrored = await records.get({ ...body, limit: RECORDS * 2 });
  expect(tierOf(mirrored)).toBe('mirror');
  const stored = await records.through(lender.chromaUrl).get({ ...body, limit: RECORDS * 2 });
  expect(mirrored.json).toEqual(stored.json);
}

const counted = async (name: string, label: string) =>
  sumOf(await readCounter(tidegate.url, `tidegate_${name}`), label);

const write = (records: Records, id: string) =>
  records.upsert({ ids: [id], embeddings: [random.vector(DIMENSION)], documents: [`written ${id}`] });

describe('an operator', () => {
  it.each([
    ['GET', SYNC, 'an id that is none', '/first', 400, 'no id of a collection'],
    ['GET', SYNC, 'a collection that nobody knows', `/${crypto.randomUUID()}`, 404, 'query it once'],
    [
      'POST',
      SYNC,
      'an action that there is not',
      `/${crypto.randomUUID()}/freeze`,
      404,
      'warm, reconcile, drop',
    ],
    ['POST', SYNC, 'an id that is none', '/first/warm', 400, 'no id of a collection'],
    ['POST', SYNC, 'a collection that nobody knows', `/${crypto.randomUUID()}/warm`, 404, 'name its path'],
    ['POST', SYNC, 'a collection that nobody knows', `/${crypto.randomUUID()}/drop`, 404, 'name its path'],
  ])('is told by %s %s about %s', async (method, base, _, path, status, told) => {
    const reply = await callJson(tidegate.url, method, `${base}${path}`);
    expect(reply.status).toBe(status);
    expect(reply.json).toEqual({ error: expect.any(String), message: expect.stringContaining(told) });
  });

  it.each([[{ tenant: 'default_tenant' }], [{ ...PATH, database: 1 }], [[]], ['default_tenant']])(
    'is told what the body needs that is not %j',
    async (body) => {
      const reply = await act({ id: crypto.randomUUID() }, 'warm', body);
      const message = expect.stringContaining('"tenant" and "database"');
      expect([reply.status, reply.json]).toEqual([400, { error: 'InvalidArgumentError', message }]);
    },
  );

  it('finds it all in the documentation', async () => {
    const { paths } = (await getJson(tidegate.url, '/docs-json')).json as { paths: object };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([SYNC, `${SYNC}/{id}`, `${SYNC}/{id}/{action}`]),
    );
  });
});

describe('POST warm', () => {
  it('warms a collection that was never asked for, under the path that is named', async () => {
    const records = await filled();
    const reply = await act(records, 'warm', PATH);
    expect(reply.status).toBe(202);
    expect(reply.json).toMatchObject({ id: records.id, ...PATH, warmUp: { status: 'running' } });
    await untilWarm(records);
    expect(await reportOn(records)).toMatchObject({
      lag: { records: 0, oldestMs: 0 },
      warmUp: { status: 'ok', recordsDone: RECORDS, recordsAll: RECORDS },
    });
    await expectEqual(records);
    expect((await act(records, 'warm')).json).toMatchObject({ state: 'warm' });
  });

  it('shows how far it is, in the report and in the metrics', async () => {
    const records = await warmingHalfway();
    expect((await write(records, 'record-0')).status).toBe(200);
    expect(await reportOn(records)).toMatchObject({
      state: 'warming',
      lag: { records: 1, oldestMs: expect.any(Number) },
      warmUp: { status: 'running', recordsDone: 3 * PAGE_RECORDS, recordsAll: RECORDS },
    });
    const { collections: all } = (await getJson(tidegate.url, SYNC)).json as { collections: object[] };
    expect(all).toContainEqual(expect.objectContaining({ id: records.id, state: 'warming' }));
    await until('the metrics follow', LIMIT_MS, async () => {
      return (await counted('warm_up_done_records', records.id)) === 3 * PAGE_RECORDS;
    });
    expect(await counted('warm_up_all_records', records.id)).toBe(RECORDS);
    expect(await counted('warm_up_bytes', records.id)).toBeGreaterThan(0);
    network.hold.end();
    await untilWarm(records);
    await expectEqual(records);
    await until('the metrics forget it', LIMIT_MS, async () => {
      return (await readCounter(tidegate.url, 'tidegate_warm_up_all_records')).size === 0;
    });
  });

  it('says what to do where the collection is pinned "never"', async () => {
    const records = await filled();
    await act(records, 'drop', PATH);
    const pin = `/operations/v1/collections/${records.id}/pin`;
    expect((await callJson(tidegate.url, 'PUT', pin, { pin: 'never' })).status).toBe(200);
    const reply = await act(records, 'warm');
    expect([reply.status, reply.json]).toEqual([
      409,
      { error: 'ChromaError', message: expect.stringContaining('set its pin') },
    ]);
  });
});

describe('POST drop', () => {
  it('ends a warm-up: nothing is left of it, and none begins by itself', async () => {
    const records = await warmingHalfway();
    const before = await counted('warm_ups_total', 'outcome="cancelled"');
    const reply = await act(records, 'drop');
    expect(reply.status).toBe(202);
    expect(reply.json).toMatchObject({ state: 'cold', heldForMs: expect.any(Number) });
    network.hold.end();
    const { heldForMs } = await untilReport(
      records,
      'it ended',
      ({ warmUp }) => warmUp?.status === 'cancelled',
    );
    expect(heldForMs).toBeGreaterThan(0);
    expect(await counted('warm_ups_total', 'outcome="cancelled"')).toBe(before + 1);
    const asked = await records.query({ query_embeddings: [random.vector(DIMENSION)] });
    expect([asked.status, tierOf(asked)]).toEqual([200, 'chroma']);
    await until('the metrics follow', LIMIT_MS, async () => {
      return (await counted('collection_mirror_bytes', records.id)) === 0;
    });
    expect(await reportOn(records)).toMatchObject({ state: 'cold', warmUp: { status: 'cancelled' } });
    // The next word overrules this one.
    expect((await act(records, 'warm')).status).toBe(202);
    await untilWarm(records);
    await expectEqual(records);
  });

  it('takes a mirror away that is warm', async () => {
    const records = await filled();
    await act(records, 'warm', PATH);
    await untilWarm(records);
    expect((await act(records, 'drop')).json).toMatchObject({ state: 'cold' });
    const asked = await records.query({ query_embeddings: [random.vector(DIMENSION)] });
    expect([asked.status, tierOf(asked)]).toEqual([200, 'chroma']);
    expect((await reportOn(records)).state).toBe('cold');
  });
});

describe('ChromaDB breaks in the middle of a warm-up', () => {
  it('goes on when it is back, from where it was, and ends exact', async () => {
    const records = await warmingHalfway();
    for (const id of ['record-1', 'record-299', 'new-1']) {
      expect((await write(records, id)).status).toBe(200);
    }
    expect((await records.delete({ ids: ['record-2'] })).status).toBe(200);
    const failed = await counted('warm_ups_total', 'outcome="failed"');
    const readings = await counted('chroma_requests_total', 'kind="read",outcome="ok"');
    const port = Number(new URL(network.url).port);
    await network.close();
    await untilReport(records, 'it waits', ({ warmUp }) => (warmUp?.pauses ?? 0) >= 2);
    expect(await reportOn(records)).toMatchObject({
      state: 'warming',
      lag: { records: 4 },
      warmUp: { status: 'running', recordsDone: 3 * PAGE_RECORDS },
    });
    expect((await write(records, 'new-2')).status).toBe(503);
    network = await startTcpForwarder(lender.chromaUrl, { port });
    await untilWarm(records);
    await expectEqual(records);
    expect(await counted('warm_ups_total', 'outcome="failed"')).toBe(failed);
    expect(await counted('warm_up_pauses_total', 'cause="store-unreachable"')).toBeGreaterThan(0);
    // Three pages, the read-back with its listing, and one look at the collection for each step resumed.
    const since = (await counted('chroma_requests_total', 'kind="read",outcome="ok"')) - readings;
    expect(since).toBeLessThan(RECORDS / PAGE_RECORDS + 2);
    const query = { query_embeddings: [random.vector(DIMENSION)], n_results: 5 };
    const [hot, cold] = await Promise.all([records.query(query), records.query(query, FROM_CHROMA)]);
    expect(answerOf(hot).ids).toEqual(answerOf(cold).ids);
  });
});

describe('a collection that is gone', () => {
  it('ends its warm-up, and says so', async () => {
    const reply = await act({ id: crypto.randomUUID() }, 'warm', PATH);
    expect(reply.status).toBe(202);
    const { id } = reply.json as { id: string };
    const records = { id } as Records;
    const report = await untilReport(records, 'it ended', ({ warmUp }) => warmUp?.status === 'failed');
    expect(report.state).toBe('cold');
  });
});
