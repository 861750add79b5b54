import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import { headerValue } from '../chroma/header-passing.js';
import { readAnswer } from '../chroma/read-answer.js';
import type { RawHeaders, StoreAnswer } from '../chroma/store-call.js';
import { Flags } from '../flags/flags.service.js';
import { Sync, type CollectionView } from '../sync/sync.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { decideRoute, type Plan, type Tier } from './decide-route.js';
import { HotTiers } from './hot.tier.js';
import type { AnsweredBy, Query } from './query.js';

export interface RoutedAnswer extends AnsweredBy {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Readable | Uint8Array;
}

const JSON_HEADERS: RawHeaders = ['content-type', 'application/json'];

/** Gathers the facts of a query, has its route decided, and carries the plan out. */
@Injectable()
export class Router {
  constructor(
    private readonly flags: Flags,
    private readonly sync: Sync,
    private readonly hot: HotTiers,
    private readonly http: ChromaHttp,
    private readonly metrics: Metrics,
  ) {}

  /** @throws TidegateError when no tier of the plan can answer */
  async answer(query: Query): Promise<RoutedAnswer> {
    const answer = await this.carryOut(query);
    if (query.target && answer.status === 200) this.sync.answered(query.target, answer.tier, answer.tierMs);
    return answer;
  }

  private async carryOut(query: Query): Promise<RoutedAnswer> {
    const view = query.target && this.sync.view(query.target);
    const [cache, mirror, chroma] = await this.plan(query, view);
    if (cache.in && view) {
      const started = performance.now();
      const body = this.hot.cached(query, view);
      if (body) return this.answered('answer-cache', cache.reason, started, body);
    }
    if (mirror.in && view) {
      const started = performance.now();
      const body = await this.hot.read(query, view, cache.in);
      if (body) return this.answered('mirror', mirror.reason, started, body);
    }
    return this.ask(query, view, chroma.reason, cache.in);
  }

  private async plan(query: Query, view: CollectionView | undefined): Promise<Plan> {
    const [mirrorReads, answerCacheReads] = await Promise.all([
      this.flags.isOn('mirror-reads', query.callerKey),
      this.flags.isOn('answer-cache-reads', query.callerKey),
    ]);
    const mirror = view?.state ?? 'untracked';
    const requestKind = () => query.read().kind;
    return decideRoute({ forced: query.forced, mirrorReads, answerCacheReads, mirror, requestKind });
  }

  private answered(tier: Tier, reason: string, started: number, body: Uint8Array): RoutedAnswer {
    const tierMs = performance.now() - started;
    this.metrics.answer(tier, reason, tierMs / 1000);
    return { tier, reason, tierMs, status: 200, headers: JSON_HEADERS, body };
  }

  private async ask(
    query: Query,
    view: CollectionView | undefined,
    reason: string,
    cacheable: boolean,
  ): Promise<RoutedAnswer> {
    const started = performance.now();
    const answer = await this.http.send(query.call);
    this.learn(query, answer.status, reason);
    const body =
      cacheable && view && answer.status === 200 ? await this.keep(query, view, answer) : answer.body;
    const tierMs = performance.now() - started;
    this.metrics.answer('chroma', reason, tierMs / 1000);
    return { tier: 'chroma', reason, tierMs, status: answer.status, headers: answer.headers, body };
  }

  /**
   * A collection that ChromaDB answers for earns a mirror; one that it does not know is not kept track of.
   */
  private learn({ target }: Query, status: number, reason: string): void {
    if (target === undefined) return;
    if (status === 404) this.sync.forget(target);
    if (status === 200 && reason.startsWith('mirror-')) this.sync.wantMirror(target);
  }

  /** Stores ChromaDB's answer if any caller can read it and its length is bounded; hands on what it read. */
  private async keep(
    query: Query,
    view: CollectionView,
    answer: StoreAnswer,
  ): Promise<Readable | Uint8Array> {
    const { headers } = answer;
    const length = Number(headerValue(headers, 'content-length') ?? Number.POSITIVE_INFINITY);
    const readable = headerValue(headers, 'content-encoding') === undefined;
    if (!readable || length > this.hot.maxCachedBytes) return answer.body;
    const body = await readAnswer(answer, query.call.kind);
    this.hot.store(query, view, body);
    return body;
  }
}
