import { Injectable } from '@nestjs/common';
import { AnswerCache } from '../hot/answer-cache.store.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionView } from '../sync/sync.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { dimensionOf, isFiltered, type ReadRequest } from '../vector/read-request.js';
import type { Query } from './query.js';

type MirrorFailure = ErrorCode | 'dimension' | 'filter' | 'incomplete' | 'error';

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
  async read(query: Query, view: CollectionView, cacheable: boolean): Promise<Uint8Array | undefined> {
    const { request } = query.read();
    const { mirror } = view;
    if (request === undefined || mirror === undefined) return undefined;
    const answer = await this.ask(mirror, request);
    if (typeof answer === 'string') {
      this.metrics.tierFailed('mirror', answer);
      return undefined;
    }
    if (cacheable) this.store(query, view, answer);
    return answer;
  }

  /** The answer, or the cause why there is none. */
  private async ask(mirror: MirrorHandle, request: ReadRequest): Promise<Uint8Array | MirrorFailure> {
    // ChromaDB refuses a vector of another dimension in its own words.
    if ((dimensionOf(request) ?? mirror.dimension) !== mirror.dimension) return 'dimension';
    if (isFiltered(request) && !mirror.filters) return 'filter';
    try {
      return (await this.mirrors.read(mirror, request)) ?? 'incomplete';
    } catch (error) {
      return error instanceof TidegateError ? error.code : 'error';
    }
  }
}

/** The path is part of the key: under another tenant's path ChromaDB may answer differently. */
function keyOf(query: Query, view: CollectionView): string {
  return `${view.version} ${query.call.path} ${query.body.toString('latin1')}`;
}
