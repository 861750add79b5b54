import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { discardAnswer } from '../chroma/read-answer.js';
import type { RawHeaders, StoreCall } from '../chroma/store-call.js';
import { isUnavailable } from '../chroma/store-failure.js';
import { Sync } from '../sync/sync.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { answerKey } from './answer-key.js';
import { ChromaTier } from './chroma.tier.js';
import { answerCacheBar, PANIC, type Plan, type PlanStep, type Tier } from './decide-route.js';
import { HotTiers, type MirrorBusy } from './hot.tier.js';
import type { AnsweredBy, Query, RoutedQuery } from './query.js';
import { RoutePlanner } from './route-planner.service.js';

export interface RoutedAnswer extends AnsweredBy {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Readable | Uint8Array;
}

/** Failures by which ChromaDB is away; a caller who did not wait long enough is not among them. */
const AWAY: ReadonlySet<string> = new Set([
  'store-unreachable',
  'store-failed',
  'store-timeout',
  'unavailable',
]);

const JSON_HEADERS: RawHeaders = ['content-type', 'application/json'];

/** Carries the plan of a query out: the tiers that may answer, one after the other. */
@Injectable()
export class Router {
  constructor(
    private readonly sync: Sync,
    private readonly planner: RoutePlanner,
    private readonly hot: HotTiers,
    private readonly chroma: ChromaTier,
    private readonly metrics: Metrics,
  ) {}

  /** @throws TidegateError when no tier of the plan can answer */
  async answer(query: Query): Promise<RoutedAnswer> {
    const view = query.target && this.sync.view(query.target);
    const gathered = this.planner.callFacts(query, view);
    // A repeated query is answered without waiting for anything.
    const facts = gathered instanceof Promise ? await gathered : gathered;
    const startedMs = performance.now();
    const keepable = view !== undefined && answerCacheBar(facts) === undefined;
    const key = keepable ? answerKey(query.call.path, query.body) : undefined;
    const found =
      key === undefined || view === undefined
        ? undefined
        : this.hot.cached(key, view.version, query, startedMs);
    if (found) return this.counted(query, inMemory('answer-cache', 'cached', startedMs, found));
    const routed = { query, view, key };
    const plan = this.planner.plan(query, view, facts);
    const chromaFirst = plan.steps[1]?.tier === 'chroma';
    const asked = chromaFirst ? this.chromaFirst(routed, plan) : this.mirrorFirst(routed, plan);
    const answer = await (stepOf(plan, 'stale').in ? this.orStale(asked, routed, plan) : asked);
    this.learn(query, answer, stepOf(plan, 'mirror'));
    return this.counted(query, answer);
  }

  private async mirrorFirst(routed: RoutedQuery, plan: Plan): Promise<RoutedAnswer> {
    const answer = await this.askMirror(routed, plan);
    if (answer !== undefined && answer !== 'busy') return answer;
    routed.query.call.signal?.throwIfAborted();
    // A mirror's overflow would drown a ChromaDB that is many times slower: it gets what it has room for.
    return this.askChroma(answer === 'busy' ? inRoom(routed, 'spare') : routed, plan);
  }

  /** Should ChromaDB fail, the slower tier is better than none. */
  private async chromaFirst(routed: RoutedQuery, plan: Plan): Promise<RoutedAnswer> {
    const asked = this.askChroma(inRoom(routed, 'at-once'), plan);
    const failure = await asked.then(failureOf, failureOf);
    if (failure === undefined || routed.query.call.signal?.aborted === true) return asked;
    this.metrics.tierFailed('chroma', failure);
    const instead = await this.askMirror(routed, plan);
    if (instead === undefined || instead === 'busy') return asked;
    asked.then(discardAnswer, () => undefined);
    return instead;
  }

  /** Should ChromaDB be away, an answer that is labelled as stale is better than none. */
  private async orStale(
    asked: Promise<RoutedAnswer>,
    { query }: RoutedQuery,
    { stale }: Plan,
  ): Promise<RoutedAnswer> {
    const failure = await asked.then(failureOf, failureOf);
    const isAway = failure !== undefined && AWAY.has(failure) && query.call.signal?.aborted !== true;
    // As it is now: what was deleted meanwhile is not given any more.
    const view = isAway && query.target ? this.sync.view(query.target) : undefined;
    if (view === undefined) return asked;
    const startedMs = performance.now();
    const found = await this.hot.stale(query, view, stale);
    if (typeof found === 'string') {
      this.metrics.tierFailed('stale', found);
      return asked;
    }
    asked.then(discardAnswer, () => undefined);
    return { ...inMemory('stale', found.reason, startedMs, found.body), ageMs: found.ageMs };
  }

  private async askMirror(routed: RoutedQuery, plan: Plan): Promise<RoutedAnswer | MirrorBusy | undefined> {
    const step = stepOf(plan, 'mirror');
    if (!step.in) return undefined;
    const startedMs = performance.now();
    const answer = await this.hot.read(routed, step.reason === PANIC);
    if (answer === undefined || answer === 'busy') return answer;
    return inMemory('mirror', this.reasonOf(step, answer.joined), startedMs, answer.body);
  }

  private async askChroma(routed: RoutedQuery, plan: Plan): Promise<RoutedAnswer> {
    const startedMs = performance.now();
    const { status, headers, body, joined } = await this.chroma.answer(routed);
    const reason = this.reasonOf(stepOf(plan, 'chroma'), joined);
    const tierMs = performance.now() - startedMs;
    return { tier: 'chroma', reason, tierMs, status, headers, body };
  }

  private reasonOf({ tier, reason }: PlanStep, joined: boolean): string {
    if (!joined) return reason;
    this.metrics.answerShared(tier);
    return 'shared';
  }

  private counted({ target }: Query, answer: RoutedAnswer): RoutedAnswer {
    const { tier, reason, tierMs, status } = answer;
    this.metrics.answer(tier, reason, tierMs / 1000);
    if (target && status === 200) this.sync.answered(target, tier, tierMs);
    return answer;
  }

  /**
   * A collection that ChromaDB answers for earns a mirror, and so does one of which a mirror could answer
   * what ChromaDB does not implement; one that it does not know is not kept track of.
   */
  private learn(query: Query, { tier, status }: RoutedAnswer, mirror: PlanStep): void {
    const { target, light } = query;
    if (target === undefined || tier !== 'chroma') return;
    if (status === 404) this.sync.forget(target);
    const earned = (status === 200 && !light) || (status === 501 && query.read().kind === 'answerable');
    if (earned && mirror.reason.startsWith('mirror-')) this.sync.wantMirror(target);
  }
}

/** The same, as a query that does not wait for room in ChromaDB. */
function inRoom({ query, ...routed }: RoutedQuery, room: StoreCall['room']): RoutedQuery {
  return { ...routed, query: { ...query, call: { ...query.call, room } } };
}

function inMemory(tier: Tier, reason: string, startedMs: number, body: Uint8Array): RoutedAnswer {
  const tierMs = performance.now() - startedMs;
  return { tier, reason, tierMs, status: 200, headers: JSON_HEADERS, body };
}

function stepOf({ steps }: Plan, tier: Tier): PlanStep {
  const found = steps.find((step) => step.tier === tier);
  if (found === undefined) throw new Error(`a plan without ${tier}`);
  return found;
}

/** Why ChromaDB's answer is none; undefined when it is one. */
function failureOf(outcome: unknown): string | undefined {
  if (outcome instanceof Error) return outcome instanceof TidegateError ? outcome.code : 'error';
  const { status } = outcome as RoutedAnswer;
  return isUnavailable(status) ? 'unavailable' : undefined;
}
