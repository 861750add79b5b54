import { DEFAULT_DATABASE, postJson, type Headers, type Reply } from './http.js';

/** One collection reached through one door: Tidegate or ChromaDB itself. */
export class Records {
  constructor(
    readonly url: string,
    readonly id: string,
  ) {}

  add(body: unknown): Promise<Reply> {
    return this.post('add', body);
  }

  upsert(body: unknown): Promise<Reply> {
    return this.post('upsert', body);
  }

  update(body: unknown): Promise<Reply> {
    return this.post('update', body);
  }

  delete(body: unknown): Promise<Reply> {
    return this.post('delete', body);
  }

  get(body: unknown): Promise<Reply> {
    return this.post('get', body);
  }

  query(body: unknown, headers?: Headers): Promise<Reply> {
    return this.post('query', body, headers);
  }

  search(body: unknown, headers?: Headers): Promise<Reply> {
    return this.post('search', body, headers);
  }

  /** The same collection through another door. */
  through(url: string): Records {
    return new Records(url, this.id);
  }

  private post(call: string, body: unknown, headers?: Headers): Promise<Reply> {
    return postJson(this.url, `${DEFAULT_DATABASE}/collections/${this.id}/${call}`, body, headers);
  }
}

/** What ChromaDB answers to a query; a field that was not asked for is `null`. */
export interface QueryAnswer {
  readonly ids: readonly (readonly string[])[];
  readonly distances: readonly (readonly number[])[] | null;
  readonly documents: readonly (readonly (string | null)[])[] | null;
  readonly embeddings: readonly (readonly (readonly number[])[])[] | null;
  readonly metadatas: readonly (readonly (Readonly<Record<string, unknown>> | null)[])[] | null;
}

export function answerOf(reply: Reply): QueryAnswer {
  if (reply.status !== 200) throw new Error(`a query was answered ${reply.status}: ${reply.text}`);
  return reply.json as QueryAnswer;
}

/** Creates a collection; fails unless ChromaDB accepts it. */
export async function createCollection(url: string, name: string, space = 'l2'): Promise<Records> {
  const body = { name, configuration: { hnsw: { space } } };
  const reply = await postJson(url, `${DEFAULT_DATABASE}/collections`, body);
  if (reply.status !== 200)
    throw new Error(`collection ${name} was refused with ${reply.status}: ${reply.text}`);
  return new Records(url, (reply.json as { id: string }).id);
}

/** The records of a test, named `prefix-0` and on, each with a document and two metadata fields. */
export function numberedRecords(prefix: string, vectors: readonly (readonly number[])[]) {
  return {
    ids: vectors.map((_, index) => `${prefix}-${index}`),
    embeddings: vectors,
    documents: vectors.map((_, index) => `document ${index} of ${prefix}`),
    metadatas: vectors.map((_, index) => ({ group: prefix, number: index })),
  };
}
