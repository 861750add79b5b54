import type { ChromaClient, Collection } from 'chromadb';
import { inOrderOfNames, toldCollection } from './told-collection.js';
import type { Transcript } from './transcript.js';

const embeddingFunction = null;

/** Creating, finding, listing, changing and deleting collections. */
export async function recordCollectionCalls(client: ChromaClient, transcript: Transcript): Promise<void> {
  const collection = await recordCreation(client, transcript);
  await recordFinding(client, transcript, collection.id);

  await transcript.record('rename', () => collection.modify({ name: 'harbour' }));
  await transcript.record('get by the old name', () => client.getCollection({ name: 'lagoon' }));
  await transcript.record('get by the new name', async () =>
    toldCollection(await client.getCollection({ name: 'harbour' })),
  );
  await transcript.record('change metadata', () =>
    collection.modify({ metadata: { depth: 9, tidal: false } }),
  );
  await transcript.record('change configuration', () =>
    collection.modify({ configuration: { hnsw: { ef_search: 50 } } }),
  );
  await transcript.record('get the changed', async () =>
    toldCollection(await client.getCollection({ name: 'harbour' })),
  );
  await transcript.record('rename to a taken name', () => collection.modify({ name: 'creek' }));

  for (const name of ['harbour', 'creek', 'creek', 'nobody']) {
    await transcript.record(`delete ${name}`, () => client.deleteCollection({ name }));
  }
  await transcript.record('count a deleted one', () => collection.count());
  await transcript.record('query a deleted one', () => collection.query({ queryEmbeddings: [[1, 2]] }));
}

async function recordCreation(client: ChromaClient, transcript: Transcript): Promise<Collection> {
  const metadata = { depth: 3.5, tidal: true, kind: 'lagoon' };
  const created = await client.createCollection({ name: 'lagoon', metadata, embeddingFunction });
  transcript.name(created.id, 'lagoon');
  await transcript.record('the created', () => Promise.resolve(toldCollection(created)));
  await transcript.record('create the same', () =>
    client.createCollection({ name: 'lagoon', embeddingFunction }),
  );
  await transcript.record('create with a bad name', () =>
    client.createCollection({ name: 'a', embeddingFunction }),
  );
  await transcript.record('get or create an old one', async () =>
    toldCollection(await client.getOrCreateCollection({ name: 'lagoon', embeddingFunction })),
  );
  await transcript.record('get or create a new one', async () => {
    const configuration = { hnsw: { space: 'ip' as const, ef_construction: 64, max_neighbors: 8 } };
    return toldCollection(
      await client.getOrCreateCollection({ name: 'creek', configuration, embeddingFunction }),
    );
  });
  return created;
}

async function recordFinding(client: ChromaClient, transcript: Transcript, id: string): Promise<void> {
  await transcript.record('get by name', async () =>
    toldCollection(await client.getCollection({ name: 'lagoon' })),
  );
  await transcript.record('get by id', async () => toldCollection(await client.getCollectionById(id)));
  await transcript.record('get several', async () =>
    (await client.getCollections(['creek', 'lagoon'])).map(toldCollection),
  );
  await transcript.record('get an unknown one', () => client.getCollection({ name: 'nobody' }));
  await transcript.record('list', async () =>
    inOrderOfNames((await client.listCollections()).map(toldCollection)),
  );
  await transcript.record(
    'list a part',
    async () => (await client.listCollections({ limit: 1, offset: 1 })).length,
  );
  await transcript.record('count collections', () => client.countCollections());
}
