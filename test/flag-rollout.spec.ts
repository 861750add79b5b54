import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readCounter, sumOf } from './support/counters.js';
import { flagForAll, flagForShare, mirrorReadsFor } from './support/flag-documents.js';
import { callJson, getJson, send, tierOf, waitForTier } from './support/http.js';
import { createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const FLAGS = '/operations/v1/flags';
const CALLERS = 200;
const QUERIES_EACH = 3;
const LOOPS = 8;
const FILE_LIMIT_MS = 5_000;
const DIMENSION = 8;

let tidegate: TidegateProcess;
let records: Records;
const random = new SeededRandom(13);

beforeAll(async () => {
  tidegate = await startTidegate();
  records = await createCollection(tidegate.url, 'rolled-out');
  const vectors = Array.from({ length: 100 }, () => random.vector(DIMENSION));
  await records.add(numberedRecords('record', vectors));
  await waitForTier(tidegate.url, records.id, 'mirror');
});

function putFlags(document: unknown) {
  return callJson(tidegate.url, 'PUT', FLAGS, document);
}

async function currentFlags(): Promise<unknown> {
  return (await getJson(tidegate.url, FLAGS)).json;
}

async function tierForCaller(caller: number): Promise<string> {
  const query = { query_embeddings: [random.vector(DIMENSION)], n_results: 1 };
  const reply = await records.query(query, { 'x-tidegate-caller': `caller-${caller}` });
  expect(reply.status).toBe(200);
  return tierOf(reply);
}

/** Every caller queries a few times, loops of callers at once; resolves to the tiers each caller saw. */
async function tiersByCaller(): Promise<readonly (readonly string[])[]> {
  const seen = Array.from({ length: CALLERS }, () => [] as string[]);
  const turns = Array.from({ length: CALLERS * QUERIES_EACH }, (_, turn) => turn % CALLERS);
  const loops = Array.from({ length: LOOPS }, async () => {
    for (let caller = turns.shift(); caller !== undefined; caller = turns.shift()) {
      seen[caller]?.push(await tierForCaller(caller));
    }
  });
  await Promise.all(loops);
  return seen;
}

/** The step's tiers by caller, and the same counted by Tidegate itself. */
async function measureStep(percent: number) {
  expect((await putFlags(mirrorReadsFor(percent))).status).toBe(200);
  const before = await readCounter(tidegate.url, 'tidegate_answers_total');
  const byCaller = await tiersByCaller();
  const after = await readCounter(tidegate.url, 'tidegate_answers_total');
  const counted = (tier: string) => sumOf(after, `tier="${tier}"`) - sumOf(before, `tier="${tier}"`);
  const answers = byCaller.flat();
  return {
    byCaller,
    mirrorAnswers: answers.filter((tier) => tier === 'mirror').length,
    chromaAnswers: answers.filter((tier) => tier === 'chroma').length,
    counted: { mirror: counted('mirror'), chroma: counted('chroma'), cache: counted('answer-cache') },
  };
}

describe('mirror reads are rolled out by flag', () => {
  let none: Awaited<ReturnType<typeof measureStep>>;
  let quarter: Awaited<ReturnType<typeof measureStep>>;
  let all: Awaited<ReturnType<typeof measureStep>>;

  beforeAll(async () => {
    none = await measureStep(0);
    quarter = await measureStep(25);
    all = await measureStep(100);
  });

  it('to nobody, to a quarter of the callers, to everybody', () => {
    const total = CALLERS * QUERIES_EACH;

    expect(none.chromaAnswers).toBe(total);
    expect(quarter.mirrorAnswers / total).toBeGreaterThanOrEqual(0.15);
    expect(quarter.mirrorAnswers / total).toBeLessThanOrEqual(0.35);
    expect(quarter.mirrorAnswers + quarter.chromaAnswers).toBe(total);
    expect(all.mirrorAnswers).toBe(total);
  });

  it('and the metrics count what the callers saw', () => {
    for (const { counted, mirrorAnswers, chromaAnswers } of [none, quarter, all]) {
      expect(counted).toEqual({ mirror: mirrorAnswers, chroma: chromaAnswers, cache: 0 });
    }
  });

  it('and a caller always meets the same tier', () => {
    const wavering = quarter.byCaller.filter((tiers) => new Set(tiers).size !== 1);

    expect(wavering).toEqual([]);
  });

  it('and the choice is by caller, not by chance: a second round is the same', async () => {
    const again = await measureStep(25);

    expect(again.byCaller).toEqual(quarter.byCaller);
  });

  it('and whoever has it at a quarter keeps it at a half', async () => {
    const half = await measureStep(50);
    const lost = quarter.byCaller.filter(
      (tiers, caller) => tiers[0] === 'mirror' && half.byCaller[caller]?.[0] !== 'mirror',
    );

    expect(lost).toEqual([]);
    expect(half.mirrorAnswers).toBeGreaterThan(quarter.mirrorAnswers);
  });
});

describe('the flag document', () => {
  const old = mirrorReadsFor(25);

  beforeEach(async () => {
    expect((await putFlags(old)).status).toBe(200);
  });

  it('is read as it was written', async () => {
    expect(await currentFlags()).toEqual(old);
  });

  it.each([
    ['nothing', {}],
    ['a list', []],
    ['no flags', { flags: {} }],
    ['flags that are a list', { flags: [] }],
    ['one flag too few', { flags: { 'mirror-reads': flagForAll('on') } }],
    ['an unknown flag', { flags: { ...old.flags, 'mirror-raeds': flagForAll('on') } }],
    ['a default that is no variant', flagsWith({ ...flagForAll('on'), defaultVariant: 'maybe' })],
    ['a state that is none', flagsWith({ ...flagForAll('on'), state: 'MAYBE' })],
    ['variants that are text', flagsWith({ ...flagForAll('on'), variants: { on: 'yes', off: 'no' } })],
    [
      'a share for a variant that is none',
      flagsWith({ ...flagForAll('on'), targeting: { fractional: [['maybe', 100]] } }),
    ],
    ['a share below zero', flagsWith(flagForShare(-5))],
    ['targeting that is text', flagsWith({ ...flagForAll('on'), targeting: 'everybody' })],
  ])('with %s is refused whole', async (_, document) => {
    const reply = await putFlags(document);

    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ error: expect.any(String), message: expect.any(String) });
    expect(await currentFlags()).toEqual(old);
  });

  it('that is not JSON is refused whole', async () => {
    const headers = { 'content-type': 'application/json' };
    const reply = await send(tidegate.url, { method: 'PUT', path: FLAGS, headers, body: '{"flags":' });

    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({ error: expect.any(String), message: expect.any(String) });
    expect(await currentFlags()).toEqual(old);
  });

  /** A document of which only one flag is at fault. */
  function flagsWith(flag: unknown) {
    return { flags: { 'mirror-reads': flag, 'answer-cache-reads': flagForAll('on') } };
  }
});

describe('the flag file', () => {
  function flagFile(): string {
    return join(tidegate.dataDir, 'flags.json');
  }

  async function untilAllAnswersComeFrom(tier: string): Promise<void> {
    await until(`answers come from ${tier}`, FILE_LIMIT_MS, async () => (await tierForCaller(1)) === tier);
  }

  async function reloads(outcome: string): Promise<number> {
    return sumOf(await readCounter(tidegate.url, 'tidegate_flag_reloads_total'), `outcome="${outcome}"`);
  }

  it('takes effect when it is rewritten in place', async () => {
    await putFlags(mirrorReadsFor(100));
    await untilAllAnswersComeFrom('mirror');

    await writeFile(flagFile(), JSON.stringify(mirrorReadsFor(0)));

    await untilAllAnswersComeFrom('chroma');
    expect(await currentFlags()).toEqual(mirrorReadsFor(0));
  });

  it('takes effect when another is moved into its place', async () => {
    await writeFile(`${flagFile()}.new`, JSON.stringify(mirrorReadsFor(100)));
    await rename(`${flagFile()}.new`, flagFile());

    await untilAllAnswersComeFrom('mirror');
  });

  it.each([
    ['is cut off', '{"flags":{"mirror-reads":'],
    [
      'has one flag at fault',
      JSON.stringify({ flags: { 'mirror-reads': flagForAll('off'), 'answer-cache-reads': {} } }),
    ],
    ['is empty', ''],
  ])('is refused whole when it %s', async (_, text) => {
    const old = await currentFlags();
    const refused = await reloads('refused');

    await writeFile(flagFile(), text);

    await until('the refusal is counted', FILE_LIMIT_MS, async () => (await reloads('refused')) > refused);
    expect(await currentFlags()).toEqual(old);
    expect(await tierForCaller(1)).toBe('mirror');
  });

  it('is mended by the next document that is put', async () => {
    expect((await putFlags(mirrorReadsFor(0))).status).toBe(200);

    await untilAllAnswersComeFrom('chroma');
  });
});
