import { Injectable } from '@nestjs/common';
import { AnswerCache } from '../hot/answer-cache.store.js';
import { Mirrors } from '../hot/mirrors.service.js';
import type { CollectionView } from '../sync/sync.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import type { Query } from './query.js';

/** The tiers in memory: the answer cache and the mirrors. */
@Injectable()
export class HotTiers {
  constructor(
    private readonly answers: AnswerCache,
    private readonly mirrors: Mirrors,
    private readonly metrics: Metrics,
  ) {}

  get maxCachedBytes(): number {
    return this.answers.maxAnswerBytes;
  }

  cached(query: Query, view: CollectionView): Uint8Array | undefined {
    return this.answers.get(keyOf(query, view));
  }

  /** Keeps an answer that was asked for while the collection was at this version. */
  store(query: Query, view: CollectionView, body: Uint8Array): void {
    this.answers.set(keyOf(query, view), body);
  }

  /** The mirror's answer; undefined, and counted, when it cannot give one: the next tier is asked. */
  async search(query: Query, view: CollectionView, cacheable: boolean): Promise<Uint8Array | undefined> {
    const { search } = query.read();
    if (search === undefined || view.mirror === undefined) return undefined;
    const body = search.dimension === view.mirror.dimension ? await this.ask(view, search) : this.failed('dimension');
    if (body && cacheable) this.store(query, view, body);
    return body;
  }

  private async ask(view: CollectionView, search: NonNullable<ReturnType<Query['read']>['search']>) {
    if (view.mirror === undefined) return undefined;
    try {
      return (await this.mirrors.search(view.mirror, search)) ?? this.failed('incomplete');
    } catch (error) {
      return this.failed(error instanceof TidegateError ? error.code : 'error');
    }
  }

  private failed(cause: string): undefined {
    this.metrics.tierFailed('mirror', cause);
    return undefined;
  }
}

/** The path is part of the key: under another tenant's path ChromaDB may answer differently. */
function keyOf(query: Query, view: CollectionView): string {
  return `${view.version} ${query.call.path} ${query.body.toString('latin1')}`;
}
