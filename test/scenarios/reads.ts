import { IncludeEnum, type Collection, type Where, type WhereDocument } from 'chromadb';
import { SeededRandom } from '../support/seeded-random.js';
import type { Transcript } from './transcript.js';
import { DIMENSION } from './writes.js';

const INCLUDABLE = Object.values(IncludeEnum);

const FILTERS: readonly Where[] = [
  { tag: 't0' },
  { number: { $gt: 10 } },
  { number: { $lte: 5 } },
  { odd: { $ne: true } },
  { number: { $in: [1, 2, 3] } },
  { tag: { $nin: ['t0', 't1'] } },
  { $and: [{ odd: true }, { number: { $lt: 20 } }] },
  { $or: [{ tag: 'upserted' }, { number: 7 }] },
];

const DOCUMENT_FILTERS: readonly WhereDocument[] = [
  { $contains: 'wave 2' },
  { $not_contains: 'wave' },
  { $regex: 'wave [0-9] ' },
  { $or: [{ $contains: 'calm' }, { $contains: '水' }] },
];

/** Every way to read the records of a filled collection. */
export async function recordReads(
  collection: Collection,
  transcript: Transcript,
  prefix: string,
): Promise<void> {
  const random = new SeededRandom(11);
  await recordQueriesByInclude(collection, transcript, prefix, random);
  await recordQueriesBySize(collection, transcript, prefix, random);
  await recordFilteredReads(collection, transcript, prefix, random);
  await transcript.recordRead(`${prefix}peek`, () => collection.peek({ limit: 4 }));
  await transcript.recordRead(`${prefix}get all`, () =>
    collection.get({ include: ['documents', 'embeddings', 'metadatas', 'uris'] }),
  );
  await transcript.recordRead(`${prefix}get ids`, () => collection.get({ ids: ['r9', 'r0', 'nobody'] }));
  await transcript.recordRead(`${prefix}get a page`, () =>
    collection.get({ limit: 5, offset: 7, include: [] }),
  );
}

async function recordQueriesByInclude(
  collection: Collection,
  transcript: Transcript,
  prefix: string,
  random: SeededRandom,
): Promise<void> {
  for (const include of subsets(INCLUDABLE)) {
    const queryEmbeddings = [random.vector(DIMENSION), random.vector(DIMENSION)];
    await transcript.recordRead(`${prefix}query including ${include.join(', ') || 'nothing'}`, () =>
      collection.query({ queryEmbeddings, nResults: 5, include }),
    );
  }
}

async function recordQueriesBySize(
  collection: Collection,
  transcript: Transcript,
  prefix: string,
  random: SeededRandom,
): Promise<void> {
  for (const nResults of [1, 10, 25, 1000]) {
    const queryEmbeddings = [random.vector(DIMENSION)];
    const query = () => collection.query({ queryEmbeddings, nResults });
    await transcript.recordRead(`${prefix}query for ${nResults}`, query);
    await transcript.recordRead(`${prefix}query for ${nResults} again`, query);
    await transcript.recordRead(`${prefix}rows of ${nResults}`, async () => (await query()).rows());
  }
}

async function recordFilteredReads(
  collection: Collection,
  transcript: Transcript,
  prefix: string,
  random: SeededRandom,
): Promise<void> {
  const queryEmbeddings = [random.vector(DIMENSION)];
  for (const where of FILTERS) {
    const told = `${prefix}where ${JSON.stringify(where)}`;
    await transcript.recordRead(`${told}, query`, () =>
      collection.query({ queryEmbeddings, where, nResults: 6 }),
    );
    await transcript.recordRead(`${told}, get`, () => collection.get({ where }));
  }
  for (const whereDocument of DOCUMENT_FILTERS) {
    const told = `${prefix}where_document ${JSON.stringify(whereDocument)}`;
    await transcript.recordRead(`${told}, query`, () => collection.query({ queryEmbeddings, whereDocument }));
    await transcript.recordRead(`${told}, get`, () => collection.get({ whereDocument }));
  }
  await transcript.recordRead(`${prefix}query among ids`, () =>
    collection.query({ queryEmbeddings, ids: ['r7', 'r8', 'r9'], nResults: 2 }),
  );
  await transcript.recordRead(`${prefix}query among ids of which one is unknown`, () =>
    collection.query({ queryEmbeddings, ids: ['r7', 'nobody'] }),
  );
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((found, item) => [...found, ...found.map((subset) => [...subset, item])], [[]]);
}
