import { Knn, type ChromaClient, type Collection, type IncludeEnum, type Where } from 'chromadb';
import type { Door } from './door.js';
import type { Transcript } from './transcript.js';

/** As a caller without types may write it. */
const UNKNOWN_INCLUDE = JSON.parse('["data"]') as IncludeEnum[];

/** What the client makes of calls that the server or the client itself refuses. */
export async function recordClientErrors(
  client: ChromaClient,
  door: Door,
  transcript: Transcript,
): Promise<void> {
  const collection = await client.createCollection({ name: 'refusals', embeddingFunction: null });
  transcript.name(collection.id, 'refusals');
  await collection.add({
    ids: ['a', 'b'],
    embeddings: [
      [1, 2],
      [3, 4],
    ],
  });
  await door.settle(collection);

  await recordRefusedWrites(collection, transcript);
  await recordRefusedReads(collection, transcript);
  // Mirrors answer searches that a single ChromaDB does not, but none by sparse vectors.
  const rank = Knn({ query: { indices: [1], values: [1] }, key: 'sparse' });
  await transcript.record('search', () => collection.search({ rank }));
  await transcript.record('fork', () => collection.fork({ name: 'forked' }));
  await transcript.record('indexing status', () => collection.getIndexingStatus());
  await transcript.record('get by a bad id', () => client.getCollectionById('nope'));
  await transcript.recordRead('what is left', () => collection.get({ include: ['embeddings'] }));
  await door.leave(collection);
}

async function recordRefusedWrites(collection: Collection, transcript: Transcript): Promise<void> {
  const vector = [5, 6];
  await transcript.record('add another dimension', () =>
    collection.add({ ids: ['c'], embeddings: [[1, 2, 3]] }),
  );
  await transcript.record('add nothing', () => collection.add({ ids: [], embeddings: [] }));
  await transcript.record('add an id twice', () =>
    collection.add({ ids: ['c', 'c'], embeddings: [vector, vector] }),
  );
  await transcript.record('add fewer vectors than ids', () =>
    collection.add({ ids: ['c', 'd'], embeddings: [vector] }),
  );
  await transcript.record('add without vectors', () => collection.add({ ids: ['c'], documents: ['text'] }));
  await transcript.record('add an empty id', () => collection.add({ ids: [''], embeddings: [vector] }));
  await transcript.record('update another dimension', () =>
    collection.update({ ids: ['a'], embeddings: [[1]] }),
  );
  await transcript.record('upsert another dimension', () =>
    collection.upsert({ ids: ['a'], embeddings: [[1]] }),
  );
  await transcript.record('delete without a condition', () => collection.delete({}));
  await transcript.record('delete by an empty where', () => collection.delete({ where: {} }));
}

async function recordRefusedReads(collection: Collection, transcript: Transcript): Promise<void> {
  const queryEmbeddings = [[1, 2]];
  await transcript.recordRead('query another dimension', () =>
    collection.query({ queryEmbeddings: [[1, 2, 3]] }),
  );
  await transcript.recordRead('query without vectors', () => collection.query({ queryEmbeddings: [] }));
  await transcript.recordRead('query for 0', () => collection.query({ queryEmbeddings, nResults: 0 }));
  await transcript.recordRead('query for -1', () => collection.query({ queryEmbeddings, nResults: -1 }));
  await transcript.recordRead('query for 1.5', () => collection.query({ queryEmbeddings, nResults: 1.5 }));
  await transcript.recordRead('query by text', () => collection.query({ queryTexts: ['text'] }));
  await transcript.recordRead('query including the unknown', () =>
    collection.query({ queryEmbeddings, include: UNKNOWN_INCLUDE }),
  );
  await transcript.recordRead('query by an unknown operator', () =>
    collection.query({ queryEmbeddings, where: { a: { $near: 1 } } as unknown as Where }),
  );
  await transcript.recordRead('get including distances', () => collection.get({ include: ['distances'] }));
  await transcript.recordRead('get with a negative limit', () => collection.get({ limit: -1 }));
}
