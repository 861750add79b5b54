import { Injectable } from '@nestjs/common';
import type { CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';
import { ChromaHttp } from './chroma-http.service.js';
import { collectionsPath } from './collection-path.js';
import { collectionInfo, type CollectionInfo } from './collection-info.js';
import { readAnswer } from './read-answer.js';
import type { CallKind } from './store-call.js';

const JSON_HEADERS = ['content-type', 'application/json'];
const BARRIER_ID = 'tidegate-barrier';
const ALL_FIELDS = ['embeddings', 'documents', 'metadatas', 'uris'];

/** Tidegate's own reads of ChromaDB: what mirrors are filled and checked with. */
@Injectable()
export class ChromaRecords {
  constructor(private readonly http: ChromaHttp) {}

  /** Whether ChromaDB answers its heartbeat, within so many milliseconds. */
  async isAlive(limitMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(limitMs);
    try {
      const call = { method: 'GET', path: '/api/v2/heartbeat', headers: JSON_HEADERS, body: null };
      const answer = await this.http.send({ kind: 'probe', ...call, signal });
      await readAnswer(answer, 'probe');
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  /** The collection's description; undefined when it does not exist there or cannot be mirrored. */
  async describe(target: CollectionTarget): Promise<CollectionInfo | undefined> {
    try {
      const path = `${collectionsPath(target)}/by-id/${target.id}`;
      return collectionInfo(JSON.parse((await this.call('read', 'GET', path, target)).toString()));
    } catch (error) {
      if (error instanceof TidegateError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  /**
   * Ids in insertion order, as one consistent reading, in ChromaDB's columnar JSON.
   * @param ids lists those of them that exist; undefined lists all
   */
  listIds(target: CollectionTarget, ids?: readonly string[]): Promise<Buffer> {
    return this.get(target, { ids, include: [] });
  }

  /**
   * The named records with every field, in ChromaDB's columnar JSON; those that do not exist are left out.
   */
  read(target: CollectionTarget, ids: readonly string[]): Promise<Buffer> {
    return this.get(target, { ids, include: ALL_FIELDS });
  }

  /**
   * Resolves when ChromaDB has applied everything that it had logged for the collection: changes nothing, as
   * an update of a record that does not exist is ignored, but waits its turn among the writes.
   * @throws TidegateError `not-found` when there is no such collection
   */
  async barrier(target: CollectionTarget): Promise<void> {
    const path = `${collectionsPath(target)}/${target.id}/update`;
    await this.call('probe', 'POST', path, target, Buffer.from(JSON.stringify({ ids: [BARRIER_ID] })));
  }

  /** How many records there are. */
  async count(target: CollectionTarget): Promise<number> {
    const path = `${collectionsPath(target)}/${target.id}/count`;
    return Number((await this.call('read', 'GET', path, target)).toString());
  }

  private get(target: CollectionTarget, request: object): Promise<Buffer> {
    const path = `${collectionsPath(target)}/${target.id}/get`;
    return this.call('read', 'POST', path, target, Buffer.from(JSON.stringify(request)));
  }

  private async call(
    kind: CallKind,
    method: string,
    path: string,
    target?: CollectionTarget,
    body: Buffer | null = null,
  ): Promise<Buffer> {
    const collection = target?.id;
    const answer = await this.http.send({ kind, method, path, headers: JSON_HEADERS, body, collection });
    const text = await readAnswer(answer, kind);
    if (answer.status === 404)
      throw new TidegateError('not-found', `ChromaDB has no ${path}`, 'check the path');
    if (answer.status !== 200) {
      throw new TidegateError(
        'store-failed',
        `ChromaDB answered ${answer.status} to ${path}`,
        "see ChromaDB's log",
      );
    }
    return text;
  }
}

/** The ids of a listing, in its order. */
export function idsListed(listing: Buffer): readonly string[] {
  return (JSON.parse(listing.toString()) as { readonly ids: readonly string[] }).ids;
}
