import type { ChromaClient, Collection } from 'chromadb';
import { SeededRandom } from '../support/seeded-random.js';
import type { Space } from './space.js';
import type { Transcript } from './transcript.js';

export const DIMENSION = 6;
const RECORDS = 40;

/**
 * Fills a collection by every kind of write. `settle` is called between the writes too, so that a copy in
 * memory has to follow them.
 */
export async function recordWrites(
  client: ChromaClient,
  transcript: Transcript,
  space: Space,
  settle: (collection: Collection) => Promise<void>,
): Promise<Collection> {
  const name = `records-${space}`;
  const configuration = { hnsw: { space } };
  const collection = await client.createCollection({ name, configuration, embeddingFunction: null });
  transcript.name(collection.id, name);
  const random = new SeededRandom(7);

  const queryEmbeddings = [random.vector(DIMENSION)];
  await transcript.recordRead(`${space}: query nothing`, () => collection.query({ queryEmbeddings }));
  await recordAdds(collection, transcript, random);
  await settle(collection);
  await recordChanges(collection, transcript, random);
  await settle(collection);
  await recordDeletes(collection, transcript, random);
  await settle(collection);
  return collection;
}

async function recordAdds(
  collection: Collection,
  transcript: Transcript,
  random: SeededRandom,
): Promise<void> {
  const numbers = Array.from({ length: RECORDS }, (_, index) => index);
  await transcript.record('add', () =>
    collection.add({
      ids: numbers.map((index) => `r${index}`),
      embeddings: numbers.map(() => random.vector(DIMENSION)),
      documents: numbers.map((index) => `wave ${index} "quoted" é 水`),
      metadatas: numbers.map((index) => ({
        number: index,
        share: index / 7,
        odd: index % 2 === 1,
        tag: `t${index % 3}`,
      })),
      uris: numbers.map((index) => `file:///${index}`),
    }),
  );
  await transcript.record('add vectors alone', () =>
    collection.add({
      ids: ['bare-1', 'bare-2'],
      embeddings: [random.vector(DIMENSION), random.vector(DIMENSION)],
    }),
  );
  await transcript.record('add lists as metadata', () =>
    collection.add({
      ids: ['lists'],
      embeddings: [random.vector(DIMENSION)],
      metadatas: [{ words: ['a', 'b'], numbers: [1, 2], flags: [true] }],
    }),
  );
  await transcript.record('add an existing id', () =>
    collection.add({ ids: ['r0'], embeddings: [random.vector(DIMENSION)], documents: ['not stored'] }),
  );
  await transcript.record('count', () => collection.count());
}

async function recordChanges(
  collection: Collection,
  transcript: Transcript,
  random: SeededRandom,
): Promise<void> {
  const moved = random.vector(DIMENSION);
  await transcript.record('update a vector', () => collection.update({ ids: ['r1'], embeddings: [moved] }));
  await transcript.recordRead('query the moved', () =>
    collection.query({ queryEmbeddings: [moved], nResults: 2 }),
  );
  await transcript.record('update a document', () =>
    collection.update({ ids: ['r2'], documents: ['calm'], embeddings: [moved] }),
  );
  await transcript.record('update metadata', () =>
    collection.update({ ids: ['r3', 'r4'], metadatas: [{ tag: 'changed', number: null }, { fresh: 1 }] }),
  );
  await transcript.record('update a uri', () => collection.update({ ids: ['r5'], uris: ['file:///moved'] }));
  await transcript.record('update an unknown id', () =>
    collection.update({ ids: ['nobody'], embeddings: [random.vector(DIMENSION)] }),
  );
  await transcript.record('upsert one old and one new', () =>
    collection.upsert({
      ids: ['r6', 'r-new'],
      embeddings: [random.vector(DIMENSION), random.vector(DIMENSION)],
      documents: ['upserted', 'inserted'],
      metadatas: [{ tag: 'upserted' }, { tag: 'inserted' }],
    }),
  );
  await transcript.recordRead('get the changed', () =>
    collection.get({
      ids: ['r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r-new'],
      include: ['documents', 'metadatas', 'uris', 'embeddings'],
    }),
  );
  await transcript.recordRead('query after the changes', () =>
    collection.query({ queryEmbeddings: [moved], nResults: 12, include: ['documents', 'metadatas', 'uris'] }),
  );
}

async function recordDeletes(
  collection: Collection,
  transcript: Transcript,
  random: SeededRandom,
): Promise<void> {
  await transcript.record('delete by id', () => collection.delete({ ids: ['r10', 'r11'] }));
  await transcript.record('delete an unknown id', () => collection.delete({ ids: ['nobody'] }));
  await transcript.record('delete by where', () => collection.delete({ where: { number: { $gte: 38 } } }));
  await transcript.record('delete by where_document', () =>
    collection.delete({ whereDocument: { $contains: 'wave 12' } }),
  );
  await transcript.record('delete by where with a limit', () =>
    collection.delete({ where: { tag: 't1' }, limit: 2 }),
  );
  await transcript.record('count the rest', () => collection.count());
  const queryEmbeddings = [random.vector(DIMENSION)];
  await transcript.recordRead('query the rest', () =>
    collection.query({ queryEmbeddings, nResults: 60, include: [] }),
  );
}
