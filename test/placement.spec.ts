import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCounter, sumOf } from './support/counters.js';
import { callJson, getJson } from './support/http.js';
import { answerOf, createCollection, numberedRecords, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const COLLECTIONS = '/operations/v1/collections';
const LIMIT_MB = 3;
const LIMIT_BYTES = LIMIT_MB * 1024 * 1024;
const DIMENSION = 128;
/** One mirror of so many records fits, two do not. */
const RECORDS = 1_000;
const SCANNED_COLLECTIONS = 12;
const PLACED_WITHIN_MS = 20_000;

interface Report {
  readonly id: string;
  readonly state: string;
  readonly refusal?: string;
  readonly pin: string;
  readonly bytes: number;
  readonly records: number;
  readonly heat: { readonly queriesPerSecond: number; readonly savedMs: number };
  readonly answers: { readonly total: number; readonly shares: Readonly<Record<string, number>> };
}

const random = seededRandom('placement');
let lender: TidegateProcess;
let tidegate: TidegateProcess;
let dataDir: string;
let first: Records;
let second: Records;
let scanned: Records[];

const start = () =>
  startTidegate({
    TIDEGATE_CHROMA_URL: lender.chromaUrl,
    TIDEGATE_DATA_DIR: dataDir,
    TIDEGATE_HOT_MEMORY_MB: String(LIMIT_MB),
    TIDEGATE_MIRROR_RESIDENCE_MS: '0',
  });

beforeAll(async () => {
  lender = await startTidegate();
  dataDir = await mkdtemp(join(tmpdir(), 'tidegate-placement-'));
  // Through the lender, so that Tidegate knows none of them before it is asked.
  first = await filled('first', RECORDS);
  second = await filled('second', RECORDS);
  scanned = [];
  for (let number = 0; number < SCANNED_COLLECTIONS; number++) {
    scanned.push(await filled(`scanned-${number}`, 10));
  }
  tidegate = await start();
});

afterAll(async () => {
  await tidegate.stop();
  await lender.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function filled(name: string, count: number): Promise<Records> {
  const records = await createCollection(lender.url, name);
  const vectors = Array.from({ length: count }, () => random.vector(DIMENSION));
  const reply = await records.add(numberedRecords(name, vectors));
  if (reply.status !== 201) throw new Error(`${name} was not filled: ${reply.text}`);
  return records;
}

/** New questions each time, so that the answer cache has none of the answers. */
async function ask(records: Records, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    answerOf(await records.through(tidegate.url).query({ query_embeddings: [random.vector(DIMENSION)] }));
  }
}

async function reports(): Promise<readonly Report[]> {
  const { json } = await getJson(tidegate.url, COLLECTIONS);
  return (json as { collections: Report[] }).collections;
}

async function reportOn({ id }: Records): Promise<Report | undefined> {
  return (await reports()).find((report) => report.id === id);
}

function untilPlaced(records: Records, told: string, asking = 0): Promise<Report> {
  return until(`collection ${records.id} is ${told}`, PLACED_WITHIN_MS, async () => {
    await ask(records, asking);
    const report = await reportOn(records);
    return (report?.refusal ?? report?.state) === told && report;
  });
}

function pin(id: string, value: unknown) {
  return callJson(tidegate.url, 'PUT', `${COLLECTIONS}/${id}/pin`, value, { 'x-tidegate-caller': 'ann' });
}

const evictions = async () =>
  sumOf(await readCounter(tidegate.url, 'tidegate_placements_total'), 'decision="evicted"');

/** What all mirrors hold: by the operators' API, and by the gauges that are set once a second. */
async function heldBytes(): Promise<number> {
  const sum = (await reports()).reduce((total, { bytes }) => total + bytes, 0);
  const [exposed = 0] = (await readCounter(tidegate.url, 'tidegate_mirror_bytes')).values();
  const each = await readCounter(tidegate.url, 'tidegate_collection_mirror_bytes');
  return Math.max(sum, exposed, sumOf(each, ''));
}

describe('where two collections do not fit', () => {
  it('mirrors the one that is asked for first', async () => {
    const { bytes, records } = await untilPlaced(first, 'warm', 1);
    expect(records).toBe(RECORDS);
    expect(bytes).toBeGreaterThan(LIMIT_BYTES / 2);
    await untilPlaced(second, 'over-budget', 1);
    expect((await reportOn(first))?.state).toBe('warm');
  });

  it('mirrors the hotter one', async () => {
    await ask(second, 200);
    await untilPlaced(second, 'warm', 20);
    expect((await reportOn(first))?.refusal).toBe('over-budget');
    expect(await evictions()).toBe(1);
    expect(await heldBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
  });

  it('tells heat and who answered', async () => {
    await ask(second, 10);
    const report = await reportOn(second);
    expect(report?.heat.queriesPerSecond).toBeGreaterThan(0);
    expect(report?.heat.savedMs).toBeGreaterThan(0);
    expect(report?.answers.total).toBeGreaterThan(200);
    const { mirror = 0, chroma = 0 } = report?.answers.shares ?? {};
    expect(mirror).toBeGreaterThan(0);
    expect(chroma).toBeGreaterThan(0.5);
    expect(mirror + chroma).toBeCloseTo(1, 3);
  });

  it('is not moved by a scan over many collections', async () => {
    for (const records of scanned) await ask(records, 1);
    for (const records of scanned) {
      await until('it is decided', PLACED_WITHIN_MS, async () => {
        const { state = 'cold', refusal } = (await reportOn(records)) ?? {};
        return state === 'warm' || refusal === 'over-budget';
      });
    }
    expect((await reports()).filter(({ refusal }) => refusal === 'over-budget').length).toBeGreaterThan(2);
    expect((await reportOn(second))?.state).toBe('warm');
    expect(await evictions()).toBe(1);
    expect(await heldBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
  });
});

describe('an operator', () => {
  it.each([
    ['a pin that there is not', () => pin(first.id, { pin: 'often' }), 400, '"auto", "always", "never"'],
    ['no pin', () => pin(first.id, []), 400, 'the body needs "pin"'],
    ['an id that is none', () => pin('first', { pin: 'auto' }), 400, 'no id of a collection'],
    [
      'a collection that nobody knows',
      () => pin(crypto.randomUUID(), { pin: 'never' }),
      404,
      'query it once',
    ],
  ])('is told about %s', async (_, call, status, told) => {
    const reply = await call();
    expect(reply.status).toBe(status);
    expect(reply.json).toEqual({ error: expect.any(String), message: expect.stringContaining(told) });
  });

  it('has a cold collection mirrored before a hot one', async () => {
    const reply = await pin(first.id, { pin: 'always' });
    expect(reply.json).toMatchObject({ id: first.id, pin: 'always' });
    await untilPlaced(first, 'warm');
    await untilPlaced(second, 'over-budget', 20);
    expect(await heldBytes()).toBeLessThanOrEqual(LIMIT_BYTES);
  });

  it('keeps a collection out of memory', async () => {
    expect((await pin(second.id, { pin: 'never' })).status).toBe(200);
    await pin(first.id, { pin: 'never' });
    expect(await reportOn(first)).toMatchObject({ refusal: 'pinned', bytes: 0 });
    await ask(second, 10);
    expect(await reportOn(second)).toMatchObject({ refusal: 'pinned', bytes: 0 });
  });

  it('is obeyed after a restart', async () => {
    await pin(first.id, { pin: 'always' });
    await untilPlaced(first, 'warm');
    await tidegate.stop();
    tidegate = await start();
    await untilPlaced(first, 'warm');
    await ask(second, 5);
    expect(await reportOn(second)).toMatchObject({ pin: 'never', refusal: 'pinned' });
    const gauge = await readCounter(tidegate.url, 'tidegate_pins');
    expect([...gauge]).toEqual([
      ['pin="always"', 1],
      ['pin="never"', 1],
    ]);
  });

  it('is named in the audit', async () => {
    const lines = (await readFile(join(dataDir, 'pins-audit.jsonl'), 'utf8')).trim().split('\n');
    const [line = '{}'] = lines;
    expect(JSON.parse(line)).toMatchObject({
      by: 'ann',
      collection: first.id,
      before: 'auto',
      after: 'always',
    });
  });
});

describe('a mirror that grows by writes', () => {
  it('never holds more than the limit, and is given up when it would', async () => {
    await untilPlaced(first, 'warm');
    const writer = first.through(tidegate.url);
    let grown = 0;
    for (let batch = 0; (await reportOn(first))?.state === 'warm'; batch++) {
      const vectors = Array.from({ length: 50 }, () => random.vector(DIMENSION));
      expect((await writer.add(numberedRecords(`batch-${batch}`, vectors))).status).toBe(201);
      const bytes = await heldBytes();
      expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES);
      const shown = answerOf(await writer.query({ query_embeddings: [vectors[7]], n_results: 1 }));
      expect(shown.ids).toEqual([[`batch-${batch}-7`]]);
      grown = Math.max(grown, (await reportOn(first))?.records ?? 0);
    }
    expect(grown).toBeGreaterThan(RECORDS);
    expect((await reportOn(first))?.refusal).toBe('over-budget');
    const outgrown = await readCounter(tidegate.url, 'tidegate_placements_total');
    expect(sumOf(outgrown, 'decision="outgrown"')).toBe(1);
  });
});
