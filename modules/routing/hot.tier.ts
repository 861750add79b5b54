import { Injectable } from '@nestjs/common';
import { AnswerCache, type CachedAnswer } from '../hot/answer-cache.store.js';
import { GuardedMirrors, type ReadTerms } from '../hot/guarded-mirrors.service.js';
import type { NoAnswer } from '../hot/hot-protocol.js';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import { BreakerOpen } from '../resilience/breaker-open.js';
import type { CollectionView } from '../sync/sync.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { dimensionOf, isFiltered, type ReadRequest } from '../vector/read-request.js';
import { answerKey, flightKey } from './answer-key.js';
import { isTooOld, type StaleRule } from './decide-route.js';
import { Flights } from './flights.js';
import { MirrorLane } from './mirror-lane.service.js';
import type { Query, RoutedQuery } from './query.js';
import { TierPaces } from './tier-paces.store.js';

/** Why a mirror gave no answer. */
export type MirrorFailure = ErrorCode | NoAnswer | 'filter' | 'breaker-open' | 'abandoned' | 'error';

/** Why there is no stale answer. */
export type StaleFailure = MirrorFailure | 'nothing-kept' | 'too-old';

export interface MirrorAnswer {
  readonly body: Uint8Array;
  /** Another caller had asked for it. */
  readonly joined: boolean;
}

/** More was asked of the mirror worker than it could do. */
export type MirrorBusy = 'busy';

const BUSY: ReadonlySet<MirrorFailure> = new Set(['mirror-busy', 'mirror-timeout']);
/** An answer of an earlier moment. */
export interface StaleAnswer {
  readonly body: Uint8Array;
  readonly reason: 'stale-answer' | 'stale-mirror';
  /** Milliseconds since which writes may be missing. */
  readonly ageMs: number;
}

/** The tiers in memory: the answer cache and the mirrors. */
@Injectable()
export class HotTiers {
  private readonly flights = new Flights<Uint8Array | MirrorBusy | undefined>();

  constructor(
    private readonly answers: AnswerCache,
    private readonly mirrors: GuardedMirrors,
    private readonly lane: MirrorLane,
    private readonly paces: TierPaces,
    private readonly metrics: Metrics,
  ) {}

  /** A kept answer of this version of its collection that is fresh enough. */
  cached(key: string, version: number, query: Query, startedMs: number): Uint8Array | undefined {
    const found = this.answers.get(key);
    if (found?.version !== version) return undefined;
    if (isTooOld(startedMs - found.freshAtMs, query.maxStalenessMs)) return undefined;
    this.paces.record('answer-cache', undefined, performance.now() - startedMs);
    return found.body;
  }

  /** The same for an onlooker. */
  peek(key: string): CachedAnswer | undefined {
    return this.answers.peek(key);
  }

  /**
   * The mirror's answer; else, and counted, why the next tier is asked: it is busy, or cannot give one.
   * @param pastBreaker no other tier is left
   * @throws TidegateError `caller-overloaded`
   */
  async read(routed: RoutedQuery, pastBreaker: boolean): Promise<MirrorAnswer | MirrorBusy | undefined> {
    const { view, query } = routed;
    const key = flightKey(routed);
    const { signal, deadlineMs = Number.POSITIVE_INFINITY } = query.call;
    let joined = false;
    let result: Promise<Uint8Array | MirrorBusy | undefined>;
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
    return body instanceof Uint8Array ? { body, joined } : body;
  }

  /**
   * What is known of an earlier moment, the cheapest first: the last answer to the same call, or that of a
   * mirror which is not served. Nothing is older than the collection's last change as a whole.
   * @returns the cause where there is none; counts nothing
   */
  async stale(query: Query, view: CollectionView, rule: StaleRule): Promise<StaleAnswer | StaleFailure> {
    const nowMs = performance.now();
    const kept = rule.fromAnswers ? this.answers.get(answerKey(query.call.path, query.body)) : undefined;
    const isKept = kept !== undefined && kept.version >= view.unchangedSinceVersion;
    if (isKept && nowMs - kept.freshAtMs <= rule.maxAgeMs) {
      return { body: kept.body, reason: 'stale-answer', ageMs: nowMs - kept.freshAtMs };
    }
    const { request } = query.read();
    const mirror = rule.fromMirror ? view.unserved : undefined;
    if (request === undefined || mirror === undefined) return isKept ? 'too-old' : 'nothing-kept';
    const ageMs = nowMs - mirror.freshAtMs;
    if (ageMs > rule.maxAgeMs) return 'too-old';
    const ask = () => this.ask(mirror.handle, request, { gone: query.call.signal, pastBreaker: true });
    const answer = await this.lane.through(query, ask);
    return typeof answer === 'string' ? answer : { body: answer, reason: 'stale-mirror', ageMs };
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
      return await this.mirrors.read(mirror, request, terms);
    } catch (error) {
      if (terms.gone?.aborted === true) return 'abandoned';
      if (error instanceof BreakerOpen) return 'breaker-open';
      return error instanceof TidegateError ? error.code : 'error';
    }
  }

  private async search(
    { query, view, key }: RoutedQuery,
    terms: ReadTerms,
  ): Promise<Uint8Array | MirrorBusy | undefined> {
    const { request } = query.read();
    const mirror = view?.mirror;
    if (request === undefined || mirror === undefined) return undefined;
    let started = 0;
    const ask = () => {
      // What waits in the lane says nothing about the mirror's pace: callers are too many, not it too slow.
      started = performance.now();
      return this.ask(mirror, request, terms);
    };
    // Counts are told by the main thread.
    const answer = await (request.kind === 'count' ? ask() : this.lane.through(query, ask));
    const tookMs = performance.now() - started;
    if (typeof answer === 'string') {
      this.metrics.tierFailed('mirror', answer);
      // What never came took at least as long; other failures say nothing about the pace.
      if (answer === 'mirror-timeout') this.paces.record('mirror', mirror, tookMs);
      return BUSY.has(answer) ? 'busy' : undefined;
    }
    this.paces.record('mirror', mirror, tookMs);
    const freshAtMs = view?.freshAtMs ?? Number.NEGATIVE_INFINITY;
    if (key !== undefined && view) this.answers.set(key, { version: view.version, body: answer, freshAtMs });
    return answer;
  }
}
