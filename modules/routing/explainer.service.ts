import { Injectable } from '@nestjs/common';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import { readAnswer } from '../chroma/read-answer.js';
import { Sync, type CollectionView } from '../sync/sync.service.js';
import { TidegateError } from '../vector/errors.js';
import { answerKey } from './answer-key.js';
import { isTooOld, type PlanStep, type StaleRule, type Tier } from './decide-route.js';
import { HotTiers } from './hot.tier.js';
import type { Query } from './query.js';
import { RoutePlanner } from './route-planner.service.js';

/** What came of asking one tier: an answer's bytes, or a stable name of the cause why there is none. */
export interface Trial {
  readonly actualMs: number;
  readonly body?: Uint8Array;
  readonly failure?: string;
}

export interface ExplainedStep extends PlanStep {
  /** Only of a tier that was asked. */
  readonly trial?: Trial;
}

export interface Explanation {
  readonly view: CollectionView | undefined;
  /** Milliseconds since the mirror began to read everything. */
  readonly mirrorAgeMs: number | undefined;
  readonly steps: readonly ExplainedStep[];
}

type Outcome = Uint8Array | string;

/** Tells which way a query would take, and tries it. Nothing is counted, kept or learned from it. */
@Injectable()
export class Explainer {
  constructor(
    private readonly sync: Sync,
    private readonly planner: RoutePlanner,
    private readonly hot: HotTiers,
    private readonly http: ChromaHttp,
  ) {}

  /** @param run asks each tier that is in, one after the other, so that none is slowed down by another */
  async explain(query: Query, run: boolean): Promise<Explanation> {
    const view = query.target && this.sync.peek(query.target);
    const plan = this.planner.preview(query, view, await this.planner.callFacts(query, view));
    const steps: ExplainedStep[] = [];
    for (const step of plan.steps) {
      steps.push(run && step.in ? { ...step, trial: await this.try(step, query, view, plan.stale) } : step);
    }
    const mirrorAgeMs = view?.freshAtMs === undefined ? undefined : performance.now() - view.freshAtMs;
    return { view, mirrorAgeMs, steps };
  }

  private async try(
    { tier }: PlanStep,
    query: Query,
    view: CollectionView | undefined,
    rule: StaleRule,
  ): Promise<Trial> {
    const startedMs = performance.now();
    const outcome = await this.ask(tier, query, view, rule);
    const actualMs = performance.now() - startedMs;
    return typeof outcome === 'string' ? { actualMs, failure: outcome } : { actualMs, body: outcome };
  }

  private ask(
    tier: Tier,
    query: Query,
    view: CollectionView | undefined,
    rule: StaleRule,
  ): Outcome | Promise<Outcome> {
    switch (tier) {
      case 'answer-cache':
        return this.tryCache(query, view);
      case 'mirror':
        return this.tryMirror(query, view);
      case 'chroma':
        return this.tryChroma(query);
      case 'stale':
        return this.tryStale(query, view, rule);
    }
  }

  private tryCache(query: Query, view: CollectionView | undefined): Outcome {
    if (view === undefined) return 'untracked';
    const found = this.hot.peek(answerKey(query.call.path, query.body));
    if (found?.version !== view.version) return 'not-cached';
    const tooOld = isTooOld(performance.now() - found.freshAtMs, query.maxStalenessMs);
    return tooOld ? 'too-old' : found.body;
  }

  private async tryMirror(query: Query, view: CollectionView | undefined): Promise<Outcome> {
    const { request } = query.read();
    if (request === undefined || view?.mirror === undefined) return 'mirror-lost';
    return this.hot.ask(view.mirror, request);
  }

  private async tryChroma({ call }: Query): Promise<Outcome> {
    try {
      const answer = await this.http.send(call);
      const body = await readAnswer(answer, call.kind);
      return answer.status === 200 ? body : `status-${answer.status}`;
    } catch (error) {
      return error instanceof TidegateError ? error.code : 'error';
    }
  }

  /** What would be given if ChromaDB failed now. */
  private async tryStale(query: Query, view: CollectionView | undefined, rule: StaleRule): Promise<Outcome> {
    if (view === undefined) return 'untracked';
    const found = await this.hot.stale(query, view, rule);
    return typeof found === 'string' ? found : found.body;
  }
}
