import { Injectable } from '@nestjs/common';
import { AnswerCache, type CachedAnswer } from '../hot/answer-cache.store.js';
import { GuardedMirrors, type ReadTerms } from '../hot/guarded-mirrors.service.js';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import { BreakerOpen } from '../resilience/breaker-open.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { dimensionOf, isFiltered, type ReadRequest } from '../vector/read-request.js';
import { isTooOld } from './decide-route.js';
import { Flights } from './flights.js';
import type { RoutedQuery } from './query.js';
import { TierPaces } from './tier-paces.store.js';

/** Why a mirror gave no answer. */
export type MirrorFailure =
  ErrorCode | 'dimension' | 'filter' | 'incomplete' | 'breaker-open' | 'abandoned' | 'error';

export interface MirrorAnswer {
  readonly body: Uint8Array;
  /** Another caller had asked for it. */
  readonly joined: boolean;
}

/** The tiers in memory: the answer cache and the mirrors. */
@Injectable()
export class HotTiers {
  private readonly flights = new Flights<Uint8Array | undefined>();

  constructor(
    private readonly answers: AnswerCache,
    private readonly mirrors: GuardedMirrors,
    private readonly paces: TierPaces,
    private readonly metrics: Metrics,
  ) {}

  /** A kept answer that is fresh enough. */
  cached(key: string, maxStalenessMs: number | undefined, startedMs: number): Uint8Array | undefined {
    const found = this.answers.get(key);
    if (found === undefined || isTooOld(startedMs - found.freshAtMs, maxStalenessMs)) return undefined;
    this.paces.record('answer-cache', undefined, performance.now() - startedMs);
    return found.body;
  }

  /** The same for an onlooker. */
  peek(key: string): CachedAnswer | undefined {
    return this.answers.peek(key);
  }

  /**
   * The mirror's answer; undefined, and counted, when it cannot give one: the next tier is asked.
   * @param pastBreaker no other tier is left
   */
  async read(routed: RoutedQuery, pastBreaker: boolean): Promise<MirrorAnswer | undefined> {
    const { key, view, query } = routed;
    const { signal, deadlineMs = Number.POSITIVE_INFINITY } = query.call;
    let joined = false;
    let result: Promise<Uint8Array | undefined>;
    if (key === undefined) result = this.search(routed, { gone: signal, pastBreaker });
    else {
      // A mirror that was filled anew is another one, also where no write moved the version.
      const boarding = {
        key: `${String(view?.freshAtMs)} ${key}`,
        notBeforeMs: Number.NEGATIVE_INFINITY,
        gone: signal,
        deadlineMs,
      };
      ({ joined, result } = this.flights.board(boarding, (flight) =>
        this.search(routed, { gone: signal && flight.signal, pastBreaker }),
      ));
    }
    const body = await result;
    return body && { body, joined };
  }

  /** The mirror's answer, or the cause why there is none. Counts nothing and keeps nothing. */
  async ask(
    mirror: MirrorHandle,
    request: ReadRequest,
    terms: ReadTerms = {},
  ): Promise<Uint8Array | MirrorFailure> {
    // ChromaDB refuses a vector of another dimension in its own words.
    if ((dimensionOf(request) ?? mirror.dimension) !== mirror.dimension) return 'dimension';
    if (isFiltered(request) && !mirror.filters) return 'filter';
    try {
      return (await this.mirrors.read(mirror, request, terms)) ?? 'incomplete';
    } catch (error) {
      if (terms.gone?.aborted === true) return 'abandoned';
      if (error instanceof BreakerOpen) return 'breaker-open';
      return error instanceof TidegateError ? error.code : 'error';
    }
  }

  private async search({ query, view, key }: RoutedQuery, terms: ReadTerms): Promise<Uint8Array | undefined> {
    const { request } = query.read();
    const mirror = view?.mirror;
    if (request === undefined || mirror === undefined) return undefined;
    const started = performance.now();
    const answer = await this.ask(mirror, request, terms);
    const tookMs = performance.now() - started;
    if (typeof answer === 'string') {
      this.metrics.tierFailed('mirror', answer);
      // What never came took at least as long; other failures say nothing about the pace.
      if (answer === 'mirror-timeout') this.paces.record('mirror', mirror, tookMs);
      return undefined;
    }
    this.paces.record('mirror', mirror, tookMs);
    const freshAtMs = view?.freshAtMs ?? Number.NEGATIVE_INFINITY;
    if (key !== undefined) this.answers.set(key, { body: answer, freshAtMs });
    return answer;
  }
}
