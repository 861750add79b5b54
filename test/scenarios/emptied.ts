import type { ChromaClient, Collection } from 'chromadb';
import { SeededRandom } from '../support/seeded-random.js';
import type { Door } from './door.js';
import { recordLastReads } from './last-reads.js';
import type { Transcript } from './transcript.js';

const DIMENSION = 3;
const IDS = ['e0', 'e1', 'e2', 'e3', 'e4'];

/** A collection that loses all its records, in two ways, and gets some back each time. */
export async function recordEmptied(client: ChromaClient, door: Door, transcript: Transcript): Promise<void> {
  const name = 'emptied';
  const collection = await client.createCollection({ name, embeddingFunction: null });
  transcript.name(collection.id, name);
  const random = new SeededRandom(5);
  const queryEmbeddings = [random.vector(DIMENSION), random.vector(DIMENSION)];
  await recordReadsOf('never filled', collection, transcript, queryEmbeddings);
  await transcript.record('fill', () => collection.add(recordsOf(IDS, random)));
  await door.settle(collection);
  await recordReadsOf('filled', collection, transcript, queryEmbeddings);
  await transcript.record('delete each', () => collection.delete({ ids: IDS }));
  await recordReadsOf('emptied by ids', collection, transcript, queryEmbeddings);
  await transcript.record('fill with another dimension', () =>
    collection.add({ ids: ['other'], embeddings: [[1, 2]] }),
  );
  await transcript.record('refill, backwards', () => collection.add(recordsOf(IDS.toReversed(), random)));
  await recordReadsOf('refilled', collection, transcript, queryEmbeddings);
  await transcript.record('delete by where', () => collection.delete({ where: { number: { $gte: 0 } } }));
  await recordReadsOf('emptied by where', collection, transcript, queryEmbeddings);
  await transcript.record('refill with two', () => collection.upsert(recordsOf(['e3', 'new'], random)));
  await recordReadsOf('refilled with two', collection, transcript, queryEmbeddings);
  await door.leave(collection);
  await recordLastReads(collection, transcript, name, queryEmbeddings);
}

async function recordReadsOf(
  moment: string,
  collection: Collection,
  transcript: Transcript,
  queryEmbeddings: number[][],
): Promise<void> {
  await transcript.record(`${moment}: count`, () => collection.count());
  await transcript.recordRead(`${moment}: query`, () => collection.query({ queryEmbeddings, nResults: 3 }));
  await transcript.recordRead(`${moment}: query with a filter`, () =>
    collection.query({ queryEmbeddings, nResults: 3, where: { number: { $gt: 1 } } }),
  );
  await transcript.recordRead(`${moment}: query among ids`, () =>
    collection.query({ queryEmbeddings, ids: ['e1', 'e3'] }),
  );
  await transcript.recordRead(`${moment}: get`, () => collection.get());
  await transcript.recordRead(`${moment}: get ids`, () => collection.get({ ids: ['e3', 'e0'] }));
  await transcript.recordRead(`${moment}: peek`, () => collection.peek({ limit: 3 }));
}

function recordsOf(ids: readonly string[], random: SeededRandom) {
  return {
    ids: [...ids],
    embeddings: ids.map(() => random.vector(DIMENSION)),
    documents: ids.map((id) => `of ${id}`),
    metadatas: ids.map((_, number) => ({ number })),
  };
}
