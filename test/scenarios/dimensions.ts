import { IncludeEnum, type ChromaClient, type Collection } from 'chromadb';
import { SeededRandom } from '../support/seeded-random.js';
import type { Door } from './door.js';
import { recordLastReads } from './last-reads.js';
import { SPACES, type Space } from './space.js';
import type { Transcript } from './transcript.js';

const DIMENSIONS = [1, 4096] as const;
const RECORDS = 9;
const INCLUDE = Object.values(IncludeEnum);

/** Collections of the smallest dimension and of a large one, in every space. */
export async function recordDimensions(
  client: ChromaClient,
  door: Door,
  transcript: Transcript,
): Promise<void> {
  for (const dimension of DIMENSIONS) {
    for (const space of SPACES) await recordDimension(client, door, transcript, { dimension, space });
  }
}

interface Kind {
  readonly dimension: number;
  readonly space: Space;
}

async function recordDimension(
  client: ChromaClient,
  door: Door,
  transcript: Transcript,
  { dimension, space }: Kind,
): Promise<void> {
  const name = `${space}-of-${dimension}`;
  const configuration = { hnsw: { space } };
  const collection = await client.createCollection({ name, configuration, embeddingFunction: null });
  transcript.name(collection.id, name);
  const random = new SeededRandom(dimension);
  const vectors = vectorsOf({ dimension, space }, random);
  await transcript.record(`${name}, add`, () => collection.add(recordsOf(vectors)));
  await door.settle(collection);
  const updated = { ids: ['v1'], embeddings: [vectorsOf({ dimension, space }, random)[1] ?? []] };
  await transcript.record(`${name}, update`, () => collection.update(updated));
  const queryEmbeddings = queriesOf({ dimension, space }, random);
  const tooLong = [random.vector(dimension + 1)];
  await recordQueries(collection, transcript, name, queryEmbeddings);
  await transcript.recordRead(`${name}, query of other dimensions`, () =>
    collection.query({ queryEmbeddings: tooLong }),
  );
  await door.leave(collection);
  await recordLastReads(collection, transcript, name, queryEmbeddings);
}

async function recordQueries(
  collection: Collection,
  transcript: Transcript,
  name: string,
  queryEmbeddings: number[][],
): Promise<void> {
  const include = [IncludeEnum.distances];
  await transcript.record(`${name}, count`, () => collection.count());
  await transcript.recordRead(`${name}, query with everything`, () =>
    collection.query({ queryEmbeddings, nResults: 2, include: INCLUDE }),
  );
  await transcript.recordRead(`${name}, query for more than all`, () =>
    collection.query({ queryEmbeddings, nResults: RECORDS + 1, include }),
  );
  for (const where of [{ number: { $gte: 1 } }, { half: 'second' }, { half: 'none' }]) {
    await transcript.recordRead(`${name}, query where ${JSON.stringify(where)}`, () =>
      collection.query({ queryEmbeddings, nResults: 3, where, whereDocument: { $contains: 'v' }, include }),
    );
  }
  await transcript.recordRead(`${name}, peek`, () => collection.peek({ limit: 2 }));
}

/** In the space of angles a single dimension has but two directions: more vectors would be equally far. */
function vectorsOf({ dimension, space }: Kind, random: SeededRandom): number[][] {
  if (dimension === 1 && space === 'cosine') return [[random.next() + 1], [-random.next() - 1]];
  return Array.from({ length: RECORDS }, () => vectorOf({ dimension, space }, random));
}

function queriesOf(kind: Kind, random: SeededRandom): number[][] {
  return Array.from({ length: 3 }, () => vectorOf(kind, random));
}

/**
 * Inner products of long vectors are of one sign: of thousands of products that cancel each other, float32
 * keeps fewer than five digits, and which depends on the order in which a processor adds them.
 */
function vectorOf({ dimension, space }: Kind, random: SeededRandom): number[] {
  const vector = random.vector(dimension);
  return space === 'ip' && dimension > 1 ? vector.map(Math.abs) : vector;
}

function recordsOf(vectors: number[][]) {
  return {
    ids: vectors.map((_, index) => `v${index}`),
    embeddings: vectors,
    documents: vectors.map((_, index) => `v ${index}`),
    metadatas: vectors.map((_, index) => ({ number: index, half: index % 2 === 0 ? 'first' : 'second' })),
  };
}
