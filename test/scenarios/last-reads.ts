import type { Collection } from 'chromadb';
import type { Transcript } from './transcript.js';

/** After a door has left a collection: all that is in it, as a copy that was made by then has to show. */
export async function recordLastReads(
  collection: Collection,
  transcript: Transcript,
  name: string,
  queryEmbeddings: number[][],
): Promise<void> {
  await transcript.record(`${name}, at last: count`, () => collection.count());
  await transcript.recordRead(`${name}, at last: get`, () =>
    collection.get({ include: ['embeddings', 'documents', 'metadatas'] }),
  );
  await transcript.recordRead(`${name}, at last: query`, () =>
    collection.query({ queryEmbeddings, nResults: 100 }),
  );
}
