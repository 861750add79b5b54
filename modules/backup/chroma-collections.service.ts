import { setTimeout as pause } from 'node:timers/promises';
import { collectionsPath } from '../chroma/collection-path.js';
import { isUnavailable, storeFailure } from '../chroma/store-failure.js';
import { TidegateError } from '../vector/errors.js';
import type { SampledQuery } from './backup-lines.js';
import { rawElements, rawMembers } from './raw-json.js';

/** Waits before a call that changes nothing, or nothing twice, is made again. */
const RETRY_WAITS_MS = [200, 1_000, 3_000, 6_000];
const CALL_LIMIT_MS = 300_000;
/** More than a page of records can be meant to have: a page over it is asked for again in parts. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const TOLD_CHARS = 300;
const ALL_FIELDS = ['embeddings', 'documents', 'metadatas', 'uris'];
const AGAIN = new Set(['store-unreachable', 'store-timeout', 'store-failed']);

/** Where a database of collections is. */
export interface StoreAddress {
  /** Scheme, host and port. */
  readonly url: string;
  readonly tenant: string;
  readonly database: string;
  /** Sent with every call: credentials, as a rule. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: Uint8Array;
  /** A second time does no harm. */
  readonly isRepeatable: boolean;
  readonly maxBytes?: number;
}

/**
 * The collections of one database, by ChromaDB's HTTP API, answers as bytes: ChromaDB's JavaScript client
 * would read numbers into doubles, which `9007199254740993` and `1.0` do not survive.
 */
export class ChromaCollections {
  private readonly path: string;

  constructor(readonly address: StoreAddress) {
    this.path = collectionsPath(address);
  }

  /** @returns ChromaDB's version. @throws TidegateError `store-unreachable` when nobody is there */
  async version(): Promise<string> {
    return JSON.parse((await this.get('/api/v2/version')).toString()) as string;
  }

  /** The most records that ChromaDB takes in one write. */
  async maxBatchRecords(): Promise<number> {
    const limits = JSON.parse((await this.get('/api/v2/pre-flight-checks')).toString()) as {
      max_batch_size: number;
    };
    return limits.max_batch_size;
  }

  /** Descriptions of all collections of the database. */
  async list(): Promise<readonly Buffer[]> {
    return rawElements(await this.get(this.path));
  }

  byName(name: string): Promise<Buffer | undefined> {
    return unlessMissing(this.get(`${this.path}/${encodeURIComponent(name)}`));
  }

  byId(id: string): Promise<Buffer | undefined> {
    return unlessMissing(this.get(`${this.path}/by-id/${id}`));
  }

  create(body: Uint8Array): Promise<Buffer> {
    return this.call({ method: 'POST', path: this.path, body, isRepeatable: false });
  }

  async rename(id: string, name: string): Promise<void> {
    const body = Buffer.from(JSON.stringify({ new_name: name }));
    await this.call({ method: 'PUT', path: `${this.path}/${id}`, body, isRepeatable: true });
  }

  async remove(name: string): Promise<void> {
    const path = `${this.path}/${encodeURIComponent(name)}`;
    await this.call({ method: 'DELETE', path, isRepeatable: false });
  }

  async count(id: string): Promise<number> {
    return Number((await this.get(`${this.path}/${id}/count`)).toString());
  }

  /** All ids in insertion order, as one reading: raw JSON strings. */
  async listIds(id: string): Promise<readonly Buffer[]> {
    return idsOf(await this.post(id, 'get', { include: [] }));
  }

  /** Those of the ids that exist. */
  async existing(id: string, ids: readonly string[]): Promise<readonly string[]> {
    const found = idsOf(await this.post(id, 'get', { ids, include: [] }));
    return found.map((raw) => JSON.parse(raw.toString()) as string);
  }

  /**
   * The named records with every field, in ChromaDB's columns; those that do not exist are left out.
   * @throws TidegateError `body-too-large` when the answer is over 64 MiB and more than one record
   */
  read(id: string, ids: readonly string[]): Promise<Buffer> {
    const maxBytes = ids.length > 1 ? MAX_PAGE_BYTES : Infinity;
    return this.post(id, 'get', { ids, include: ALL_FIELDS }, maxBytes);
  }

  /** Existing ids are ignored by ChromaDB: the same body a second time changes nothing. */
  async add(id: string, body: Uint8Array): Promise<void> {
    await this.call({ method: 'POST', path: `${this.path}/${id}/add`, body, isRepeatable: true });
  }

  async delete(id: string, ids: readonly string[]): Promise<void> {
    await this.post(id, 'delete', { ids });
  }

  /** The nearest records of each vector. */
  async query(id: string, vectors: readonly (readonly number[])[], limit: number): Promise<SampledQuery[]> {
    const request = { query_embeddings: vectors, n_results: limit, include: ['distances'] };
    const answer = JSON.parse((await this.post(id, 'query', request)).toString()) as {
      ids: string[][];
      distances: (number | null)[][];
    };
    return vectors.map((embedding, index) => ({
      embedding,
      ids: answer.ids[index] ?? [],
      distances: (answer.distances[index] ?? []).map((distance) => distance ?? Infinity),
    }));
  }

  private get(path: string): Promise<Buffer> {
    return this.call({ method: 'GET', path, isRepeatable: true });
  }

  private post(id: string, verb: string, value: object, maxBytes = Infinity): Promise<Buffer> {
    const body = Buffer.from(JSON.stringify(value));
    return this.call({
      ...{ method: 'POST', path: `${this.path}/${id}/${verb}`, body },
      ...{ isRepeatable: true, maxBytes },
    });
  }

  private async call(call: Call): Promise<Buffer> {
    for (const wait of call.isRepeatable ? RETRY_WAITS_MS : []) {
      try {
        return await this.attempt(call);
      } catch (error) {
        if (!(error instanceof TidegateError && AGAIN.has(error.code))) throw error;
      }
      await pause(wait);
    }
    return this.attempt(call);
  }

  private async attempt({ method, path, body, maxBytes = Infinity }: Call): Promise<Buffer> {
    try {
      const response = await fetch(new URL(path, this.address.url), {
        method,
        // Tidegate's mirrors are left alone: a backup reads the truth.
        headers: { 'content-type': 'application/json', 'x-tidegate-tier': 'chroma', ...this.address.headers },
        body: body ?? null,
        signal: AbortSignal.timeout(CALL_LIMIT_MS),
      });
      const answer = await readUpTo(response, maxBytes);
      if (!response.ok) throw refusal(response.status, path, answer);
      return answer;
    } catch (error) {
      if (error instanceof TidegateError) throw error;
      const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
      throw storeFailure(cause, method === 'GET' ? 'read' : 'write');
    }
  }
}

async function readUpTo(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
    if (bytes > maxBytes) {
      throw new TidegateError(
        'body-too-large',
        `an answer is over ${maxBytes} bytes`,
        'ask for fewer records',
      );
    }
  }
  return Buffer.concat(chunks);
}

function refusal(status: number, path: string, answer: Buffer): TidegateError {
  const told = answer.subarray(0, TOLD_CHARS).toString();
  const message = `ChromaDB answered ${status} to ${path}: ${told}`;
  if (status === 404) return new TidegateError('not-found', message, 'check tenant, database and name');
  if (isUnavailable(status)) return new TidegateError('store-unreachable', message, 'try again soon');
  if (status >= 500) return new TidegateError('store-failed', message, "see ChromaDB's log");
  return new TidegateError('bad-request', message, "ChromaDB's message tells why");
}

async function unlessMissing(answer: Promise<Buffer>): Promise<Buffer | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof TidegateError && error.code === 'not-found') return undefined;
    throw error;
  });
}

function idsOf(columns: Buffer): readonly Buffer[] {
  return rawElements(rawMembers(columns).get('ids') ?? Buffer.from('[]'));
}
