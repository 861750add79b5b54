import { beforeAll, describe, expect, it } from '@jest/globals';
import { differences } from './support/differences.js';
import { tierOf, waitForTier } from './support/http.js';
import {
  answerOf,
  createCollection,
  numberedRecords,
  type QueryAnswer,
  type Records,
} from './support/records.js';
import { RecordWriter } from './support/record-writer.js';
import { seededRandom, type SeededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

const DIMENSION = 8;
const STILL_RECORDS = 200;
const WRITERS = 8;
const READERS = 4;
const STEPS = 40;
const EVERY_FIELD = ['distances', 'documents', 'embeddings', 'metadatas', 'uris'];

let tidegate: TidegateProcess;
let records: Records;
let random: SeededRandom;
let stillVectors: readonly (readonly number[])[];

beforeAll(async () => {
  random = seededRandom('read-your-writes');
  tidegate = await startTidegate();
  records = await createCollection(tidegate.url, 'written-by-many');
  stillVectors = Array.from({ length: STILL_RECORDS }, () => random.vector(DIMENSION));
  await records.add(numberedRecords('still', stillVectors));
  await waitForTier(tidegate.url, records.id, 'mirror');
});

function newWriters(): readonly RecordWriter[] {
  return Array.from(
    { length: WRITERS },
    (_, index) => new RecordWriter(`writer${index}`, records, random.fork(), DIMENSION),
  );
}

/** Reads records that nobody writes, until told to stop; resolves to the tiers that answered. */
async function readStillRecords(source: SeededRandom, isOver: () => boolean): Promise<readonly string[]> {
  const tiers: string[] = [];
  while (!isOver()) {
    const index = source.below(STILL_RECORDS);
    const reply = await records.query({ query_embeddings: [stillVectors[index]], n_results: 1 });
    expect(answerOf(reply).ids).toEqual([[`still-${index}`]]);
    tiers.push(tierOf(reply));
  }
  return tiers;
}

async function writeAndRead(writers: readonly RecordWriter[]): Promise<readonly string[]> {
  let over = false;
  const readers = Array.from({ length: READERS }, () => readStillRecords(random.fork(), () => over));
  const writing = writers.map(async (writer) => {
    for (let step = 0; step < STEPS; step++) await writer.takeStep();
  });
  await Promise.all(writing).finally(() => {
    over = true;
  });
  const read = await Promise.all(readers);
  return [...read.flat(), ...writers.flatMap((writer) => writer.tiers)];
}

/** Every record as a query shows it, each asked for at its own vector. */
async function recordsByQuery(door: Records, vectors: readonly (readonly number[])[]): Promise<QueryAnswer> {
  return answerOf(await door.query({ query_embeddings: vectors, n_results: 1, include: EVERY_FIELD }));
}

describe('eight writers and four readers at once', () => {
  let writers: readonly RecordWriter[];
  let tiers: readonly string[];

  beforeAll(async () => {
    writers = newWriters();
    tiers = await writeAndRead(writers);
    await waitForTier(tidegate.url, records.id, 'mirror');
  });

  it('each sees its own writes at once, and readers of other records are not disturbed', () => {
    // A writer or a reader that saw anything else has failed above.
    expect(tiers.length).toBeGreaterThan(WRITERS * STEPS);
  });

  it('is answered by the mirror in between', () => {
    expect(new Set(tiers)).toContain('mirror');
  });

  it('leaves Tidegate with exactly the records of ChromaDB', async () => {
    const stored = await records.through(tidegate.chromaUrl).get({ include: ['embeddings'] });
    const { ids, embeddings } = stored.json as { ids: string[]; embeddings: number[][] };
    const ours = await recordsByQuery(records, embeddings);
    const theirs = await recordsByQuery(records.through(tidegate.chromaUrl), embeddings);

    expect(ours.ids).toEqual(ids.map((id) => [id]));
    expect(differences(ours, theirs)).toEqual([]);
    expect(new Set(ids)).toEqual(
      new Set([
        ...writers.flatMap((writer) => [...writer.held.keys()]),
        ...stillVectors.map((_, index) => `still-${index}`),
      ]),
    );
  });

  it('leaves no record out of a query for all of them', async () => {
    const count = STILL_RECORDS + writers.reduce((sum, writer) => sum + writer.held.size, 0);
    const reply = await records.query({
      query_embeddings: [stillVectors[0]],
      n_results: count + 10,
      include: [],
    });

    expect(tierOf(reply)).toBe('mirror');
    expect(new Set(answerOf(reply).ids[0]).size).toBe(count);
  });
});
