import { z } from 'zod';
import { sampleEmbedding } from './sample-embedder.js';
import type { SampleQuery } from './sample-queries.js';

const RESULTS = 5;
const COLLECTIONS_PATH = '/api/v2/tenants/default_tenant/databases/default_database/collections';

const QueryResponse = z.object({
  ids: z.tuple([z.array(z.string())]),
  documents: z.tuple([z.array(z.string().nullable())]),
});

/** An answer with the tier that gave it; ChromaDB itself names no tier. */
export interface QueryAnswer {
  readonly ids: readonly string[];
  readonly nearestText: string;
  readonly tier: string;
  readonly reason: string;
  readonly milliseconds: number;
}

/**
 * The body of a query as ChromaDB's HTTP API wants it. A `variant` above 0 asks for the same by a vector
 * that differs in its last digits, so that a timed repetition is no repetition to the answer cache.
 */
export function queryBody(query: SampleQuery, variant = 0): string {
  const embedding = sampleEmbedding(query.text);
  embedding[0] = Math.fround((embedding[0] ?? 0) + variant * 1e-6);
  return JSON.stringify({
    query_embeddings: [embedding],
    n_results: RESULTS,
    include: ['documents', 'distances'],
    ...(query.where && { where: query.where }),
    ...(query.whereDocument && { where_document: query.whereDocument }),
  });
}

/** Posts a query to Tidegate or ChromaDB, which take the same. The time ends at the body's last byte. */
export async function postQuery(
  serverUrl: string,
  collectionId: string,
  body: string,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<QueryAnswer> {
  const url = new URL(`${COLLECTIONS_PATH}/${collectionId}/query`, serverUrl);
  const headers = { 'content-type': 'application/json', ...extraHeaders };
  const start = performance.now();
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const milliseconds = performance.now() - start;
  if (!response.ok)
    throw new Error(`${url.origin} answered a query with ${response.status}: ${text.slice(0, 200)}`);
  const { ids, documents } = readResponse(text, url.origin);
  return {
    ids: ids[0],
    nearestText: documents[0][0] ?? '',
    tier: response.headers.get('x-tidegate-tier') ?? '',
    reason: response.headers.get('x-tidegate-reason') ?? '',
    milliseconds,
  };
}

function readResponse(text: string, origin: string): z.infer<typeof QueryResponse> {
  const parsed = QueryResponse.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new Error(`${origin} answered a query in an unknown form: ${text.slice(0, 200)}`);
  return parsed.data;
}
