import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readCounter, sumOf } from './support/counters.js';
import { getJson, tierOf, waitForTier } from './support/http.js';
import { withSortedMetadata } from './support/metadata-order.js';
import { mirrorState, wakeUntilState } from './support/mirror-states.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const MAX_DRIFT = 5;
const RECORDS = 60;
const DIMENSION = 4;
const NOTICED_LIMIT_MS = 30_000;
/** Longer than any spec: what it would start does not start by itself. */
const NEVER_MS = '3600000';
const EVERYTHING = { include: ['embeddings', 'documents', 'metadatas', 'uris'] };

const random = seededRandom('reconcile');
const address = (records: Records) => ({
  id: records.id,
  tenant: 'default_tenant',
  database: 'default_database',
});

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

function startFront(env: Readonly<Record<string, string>>): Promise<TidegateProcess> {
  return startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_RECONCILE_SHARE_PERCENT: '100',
    TIDEGATE_DRIFT_MAX_RECORDS: String(MAX_DRIFT),
    TIDEGATE_WARM_PAGE_RECORDS: '16',
    ...env,
  });
}

/** A collection with a warm mirror, as Tidegate reaches it and as others do who go around it. */
async function warmCollection(front: TidegateProcess, name: string) {
  const records = await createCollection(front.url, name);
  const vectors = Array.from({ length: RECORDS }, () => [...random.vector(DIMENSION)]);
  await records.add(numberedRecords('r', vectors));
  await waitForTier(front.url, records.id, 'mirror');
  return { records, others: records.through(lender.chromaUrl) };
}

async function drift(front: TidegateProcess): Promise<Record<string, number>> {
  const samples = await readCounter(front.url, 'tidegate_drift_records_total');
  return Object.fromEntries(
    [...samples].map(([labels, count]) => [labels.replace(/^kind="(.*)"$/, '$1'), count]),
  );
}

/** What the drift has grown by since it was as given. */
async function driftSince(front: TidegateProcess, before: Record<string, number>) {
  const more: Record<string, number> = {};
  for (const [kind, count] of Object.entries(await drift(front))) {
    const added = count - (before[kind] ?? 0);
    if (added > 0) more[kind] = added;
  }
  return more;
}

/** The mirror gives all records, with all fields and in the same order, as ChromaDB does. */
async function mirrorEquals(records: Records, others: Records): Promise<boolean> {
  const reply = await records.get(EVERYTHING);
  if (tierOf(reply) !== 'mirror' && tierOf(reply) !== 'answer-cache') return false;
  return withSortedMetadata(reply.text) === withSortedMetadata((await others.get(EVERYTHING)).text);
}

describe('a mirror that is compared again and again', () => {
  let front: TidegateProcess;
  let records: Records;
  let others: Records;
  let before: Record<string, number>;

  beforeAll(async () => {
    front = await startFront({
      TIDEGATE_DRIFT_CHECK_MS: NEVER_MS,
      TIDEGATE_RECONCILE_INTERVAL_MS: '500',
    });
    ({ records, others } = await warmCollection(front, 'compared'));
  });

  beforeEach(async () => {
    await until('the mirror is equal', NOTICED_LIMIT_MS, () => mirrorEquals(records, others));
    before = await drift(front);
  });

  const cases: [string, () => Promise<unknown>, Record<string, number>][] = [
    [
      'an added record',
      () => others.add({ ids: ['new'], embeddings: [[1, 2, 3, 4]], documents: ['new'] }),
      { missing: 1 },
    ],
    ['a deleted record', () => others.delete({ ids: ['r-3'] }), { extra: 1 }],
    ['a changed vector', () => others.update({ ids: ['r-4'], embeddings: [[4, 3, 2, 1]] }), { vector: 1 }],
    ['a changed document', () => others.update({ ids: ['r-5'], documents: ['other'] }), { document: 1 }],
    [
      'changed metadata',
      () => others.update({ ids: ['r-6', 'r-7'], metadatas: [{ group: 'x' }, { number: 7.5 }] }),
      { metadata: 2 },
    ],
    ['a changed URI', () => others.update({ ids: ['r-8'], uris: ['file:///x'] }), { uri: 1 }],
    [
      'a record that was deleted and added again',
      async () => {
        // As one drift: a comparison could read between the two.
        const { json } = await others.get({ ids: ['r-9'], ...EVERYTHING });
        const { embeddings, documents, metadatas } = json as Record<string, unknown>;
        network.hold.begin('/get HTTP/1.1');
        await others.delete({ ids: ['r-9'] });
        await others.add({ ids: ['r-9'], embeddings, documents, metadatas });
        network.hold.end();
      },
      { order: 1 },
    ],
  ];

  it.each(cases)('finds %s, counts it by kind, and is equal again', async (_, write, kinds) => {
    // An answer that is kept must not outlive the repair.
    const query = { query_embeddings: [[1, 2, 3, 4]], n_results: RECORDS, ...EVERYTHING };
    await records.query(query);
    await write();
    await until('the drift is noticed', NOTICED_LIMIT_MS, async () => {
      return Object.keys(await driftSince(front, before)).length > 0;
    });
    await until('the mirror is equal', NOTICED_LIMIT_MS, () => mirrorEquals(records, others));
    expect(await driftSince(front, before)).toEqual(kinds);
    const [mine, theirs] = [await records.query(query), await others.query(query)];
    expect((mine.json as { ids: unknown }).ids).toEqual((theirs.json as { ids: unknown }).ids);
    expect(await mirrorState(front.url, address(records))).toBe('warm');
  });

  it('finds nothing in what was written through Tidegate meanwhile', async () => {
    const passes = sumOf(await readCounter(front.url, 'tidegate_reconciles_total'), 'ok');
    const writer = async (name: string) => {
      for (let round = 0; round < 30; round++) {
        const ids = [`${name}-${round % 3}`, `r-${random.below(RECORDS)}`];
        const embeddings = ids.map(() => [...random.vector(DIMENSION)]);
        await records.upsert({ ids, embeddings, metadatas: [{ n: round, of: name }, { n: round }] });
        if (round % 5 === 0) await records.delete({ ids: [`${name}-0`] });
        if (round % 7 === 0) await records.delete({ where: { of: name } });
      }
    };
    await until('it is compared while writes go on', NOTICED_LIMIT_MS, async () => {
      await Promise.all(['x', 'y', 'z'].map(writer));
      return sumOf(await readCounter(front.url, 'tidegate_reconciles_total'), 'ok') > passes + 2;
    });
    expect(await driftSince(front, before)).toEqual({});
    await until('the mirror is equal', NOTICED_LIMIT_MS, () => mirrorEquals(records, others));
  });

  it('tells how old the oldest comparison is, and the interval', async () => {
    const { text } = await getJson(front.url, '/metrics');
    expect(text).toMatch(/^tidegate_reconcile_interval_seconds 0\.5$/m);
    expect(text).toMatch(/^tidegate_oldest_comparison_seconds \d/m);
    expect(text).toContain(`tidegate_collection_comparison_seconds{collection="${records.id}"}`);
  });

  it('serves on while ChromaDB cannot be compared with, and catches up', async () => {
    await others.update({ ids: ['r-10'], documents: ['while away'] });
    await network.close();
    await until('a comparison failed', NOTICED_LIMIT_MS, async () => {
      return sumOf(await readCounter(front.url, 'tidegate_reconciles_total'), 'failed') > 0;
    });
    const reply = await records.query({ query_embeddings: [[...random.vector(DIMENSION)]], n_results: 1 });
    expect([reply.status, tierOf(reply)]).toEqual([200, 'mirror']);
    network = await startTcpForwarder(lender.chromaUrl, { port: Number(new URL(network.url).port) });
    await until('the mirror is equal', NOTICED_LIMIT_MS, () => mirrorEquals(records, others));
  });
});

describe('the checks of counts and descriptions', () => {
  let front: TidegateProcess;

  beforeAll(async () => {
    front = await startFront({
      TIDEGATE_DRIFT_CHECK_MS: '100',
      TIDEGATE_RECONCILE_INTERVAL_MS: NEVER_MS,
    });
  });

  it('start a comparison where the counts differ', async () => {
    const { records, others } = await warmCollection(front, 'counted');
    await others.delete({ ids: ['r-0'] });
    await until('the mirror is equal', NOTICED_LIMIT_MS, () => mirrorEquals(records, others));
    expect(await drift(front)).toEqual({ extra: 1 });
    expect(front.logs.find(({ event }) => event === 'drift-found')).toMatchObject({ cause: 'count' });
  });

  it('take away the mirror of a collection that is gone', async () => {
    const { records, others } = await warmCollection(front, 'vanishing');
    const gone = await fetch(
      `${others.url}/api/v2/tenants/default_tenant/databases/default_database/collections/vanishing`,
      { method: 'DELETE' },
    );
    expect(gone.status).toBe(200);
    await until('the mirror is gone', NOTICED_LIMIT_MS, async () => {
      return (await mirrorState(front.url, address(records))) !== 'warm';
    });
    expect((await records.get(EVERYTHING)).status).toBe(404);
    expect(sumOf(await readCounter(front.url, 'tidegate_drift_checks_total'), 'changed')).toBeGreaterThan(0);
  });

  it('take a mirror out of service that has drifted far, until it is equal', async () => {
    const { records, others } = await warmCollection(front, 'drifted');
    const before = await drift(front);
    const gone = Array.from({ length: MAX_DRIFT + 1 }, (_, index) => `r-${index}`);
    // So that the state lasts until it is seen.
    network.delayAnswers(100);
    await others.delete({ ids: gone });
    const reason = await until('a query is told', NOTICED_LIMIT_MS, async () => {
      const reply = await records.query({ query_embeddings: [[...random.vector(DIMENSION)]] });
      const told = String(reply.headers['x-tidegate-reason']);
      return told === 'mirror-drifted' && `${tierOf(reply)}: ${told}`;
    });
    expect(reason).toBe('chroma: mirror-drifted');
    network.delayAnswers(0);
    await wakeUntilState(front.url, address(records), 'warm');
    expect(await mirrorEquals(records, others)).toBe(true);
    expect(await driftSince(front, before)).toEqual({ extra: gone.length });
    const moves = await readCounter(front.url, 'tidegate_drifted_mirrors_total');
    expect([sumOf(moves, 'out'), sumOf(moves, 'back')]).toEqual([1, 1]);
    const events = front.logs.map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['mirror-drifted', 'mirror-equal-again']));
  });
});
