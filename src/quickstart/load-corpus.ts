import { ChromaClient, ChromaNotFoundError } from 'chromadb';
import type { CorpusEntry } from './corpus.js';
import { sampleEmbedding } from './sample-embedder.js';

const COLLECTION_NAME = 'tidegate-quickstart';
const BATCH_SIZE = 100;

/**
 * Loads the texts into a new collection, through Tidegate and with ChromaDB's own client: to the client
 * Tidegate is a ChromaDB. A collection of an earlier run is deleted first, so that every run is alike.
 * @returns the id of the collection
 */
export async function loadCorpus(
  tidegateUrl: string,
  corpus: readonly CorpusEntry[],
  onLoaded: (done: number) => void,
): Promise<string> {
  const { hostname, port } = new URL(tidegateUrl);
  const client = new ChromaClient({ host: hostname, port: Number(port), ssl: false });
  await deleteIfPresent(client);
  const collection = await client.createCollection({
    name: COLLECTION_NAME,
    configuration: { hnsw: { space: 'cosine' } },
    embeddingFunction: null,
  });
  for (let start = 0; start < corpus.length; start += BATCH_SIZE) {
    const batch = corpus.slice(start, start + BATCH_SIZE);
    await collection.add(toRecords(batch));
    onLoaded(start + batch.length);
  }
  return collection.id;
}

async function deleteIfPresent(client: ChromaClient): Promise<void> {
  try {
    await client.deleteCollection({ name: COLLECTION_NAME });
  } catch (error) {
    if (!(error instanceof ChromaNotFoundError)) throw error;
  }
}

function toRecords(entries: readonly CorpusEntry[]) {
  return {
    ids: entries.map(({ id }) => id),
    embeddings: entries.map(({ text }) => sampleEmbedding(text)),
    documents: entries.map(({ text }) => text),
    metadatas: entries.map(({ metadata: { keywords, ...rest } }) =>
      keywords ? { ...rest, keywords } : rest,
    ),
  };
}
