import { beforeAll, describe, expect, it } from '@jest/globals';
import { getJson, tierOf, waitForTier } from './support/http.js';
import { answerOf, createCollection, type Records } from './support/records.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const RECORDS = 60;
const LONG_CHARS = 20_000;
/** What is asked meanwhile must not wait for ever: generous, for machines that are busy. */
const ANSWER_LIMIT_MS = 5_000;

/** Each takes exponential time, or much memory, in engines that go back and try again. */
const BOMBS = [
  '(a+)+$',
  '(a|aa)+$',
  '(.*)*x',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(x+x+)+y',
  '(?:a?){100}a{100}b',
  '(?:a|b)*a(?:a|b){60}c',
  '(?i)(\\w+\\s?)+!',
  '\\b(?:\\w{1,10}){5}\\b-',
  '\\w{60}#',
  '.{900}\u{1F600}',
  '(\\w{1,500}){1,20}',
  '((a{100}){100}){100}',
  `${'('.repeat(240)}a${')*'.repeat(240)}$`,
  '(a*)*'.repeat(150),
];

let tidegate: TidegateProcess;
let records: Records;
/** No two of them are the same, so that the answer cache has none. */
let plainQueries = 0;

beforeAll(async () => {
  tidegate = await startTidegate();
  records = await createCollection(tidegate.url, 'long-documents');
  const numbers = Array.from({ length: RECORDS }, (_, number) => number);
  const added = await records.add({
    ids: numbers.map((number) => `r${number}`),
    embeddings: numbers.map((number) => [number, 1]),
    documents: numbers.map(longDocument),
  });
  expect(added.status).toBe(201);
  await waitForTier(tidegate.url, records.id, 'mirror');
});

/** Nearly what the patterns look for, in ASCII and beyond, and now and then the very thing. */
function longDocument(number: number): string {
  if (number % 40 === 7) return 'xxy a! A-';
  const unit = ['a', 'ab', 'x', 'é水', 'word '][number % 5] ?? '';
  return `${unit.repeat(LONG_CHARS / unit.length)}!`;
}

/** Repeats a call until told to stop; resolves to what came of it, and the longest time in milliseconds. */
async function repeat(call: () => Promise<string>, isOver: () => boolean) {
  const outcomes = new Set<string>();
  let longestMs = 0;
  do {
    const started = performance.now();
    outcomes.add(await call());
    longestMs = Math.max(longestMs, performance.now() - started);
  } while (!isOver());
  return { outcomes: [...outcomes], longestMs };
}

async function expectSameAsChroma(whereDocument: object): Promise<void> {
  const filter = { where_document: whereDocument, include: [] };
  const query = { ...filter, query_embeddings: [[1, 1]], n_results: RECORDS };
  const truth = await records.through(tidegate.chromaUrl).get(filter);
  const actual = await records.query(query);
  expect({ filter, status: actual.status }).toEqual({ filter, status: truth.status });
  if (truth.status !== 200) return;
  const [found = []] = (actual.json as { ids: string[][] }).ids;
  const { ids } = truth.json as { ids: string[] };
  expect({ filter, ids: [...found].sort() }).toEqual({ filter, ids: [...ids].sort() });
}

/** Asks with the filter again and again, and meanwhile for other things. */
async function expectOthersAnswered(whereDocument: object): Promise<void> {
  let over = false;
  const query = () => records.query({ query_embeddings: [[plainQueries++, 0.5]], n_results: 1, include: [] });
  const isOver = () => over;
  const plain = repeat(async () => tierOf(await query()), isOver);
  const health = repeat(async () => String((await getJson(tidegate.url, '/health/live')).status), isOver);
  await Promise.all([1, 2].map(() => expectSameAsChroma(whereDocument))).finally(() => {
    over = true;
  });
  expect((await plain).outcomes).toEqual(['mirror']);
  expect((await health).outcomes).toEqual(['200']);
  expect((await plain).longestMs).toBeLessThan(ANSWER_LIMIT_MS);
  expect((await health).longestMs).toBeLessThan(ANSWER_LIMIT_MS);
}

describe('a regular expression that explodes elsewhere', () => {
  it.each(BOMBS)('is answered as by ChromaDB, and others with it: %#', async (pattern) => {
    await expectOthersAnswered({ $regex: pattern });
  });

  it('is no danger in large numbers either', async () => {
    const bombs = Array.from({ length: 200 }, (_, number) => ({ $regex: `\\w{60}${number}` }));
    // With nothing found, ChromaDB does not look further.
    await expectOthersAnswered({ $and: [{ $contains: 'not there' }, ...bombs] });
  });

  it('is answered by the mirror where the documents are not long', async () => {
    const small = await createCollection(tidegate.url, 'short-documents');
    const documents = ['aaaa!', 'aaaa', 'xxy'];
    const embeddings = documents.map((_, number) => [number, 1]);
    expect(await small.add({ ids: documents, embeddings, documents })).toMatchObject({ status: 201 });
    await waitForTier(tidegate.url, small.id, 'mirror');
    const where = { $regex: '^(a+)+$' };
    const reply = await small.query({ query_embeddings: [[1, 1]], where_document: where, include: [] });
    expect([tierOf(reply), answerOf(reply).ids]).toEqual(['mirror', [['aaaa']]]);
  });
});
