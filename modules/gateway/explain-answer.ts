import type { ExplainedStep, Explanation } from '../routing/explainer.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { countOf, idsOf, overlapOf, type IdLists } from './id-overlap.js';

/** One tier of the plan, as operators see it. Times are milliseconds. */
export interface ExplainedTier {
  readonly tier: string;
  readonly in: boolean;
  readonly reason: string;
  /** The median of late; null where nothing is known. */
  readonly expectedMs: number | null;
  /** Only of tiers that were asked. */
  readonly actualMs?: number;
  /** How many ids it answered with, over all query vectors. */
  readonly ids?: number;
  /** The share of its ids that ChromaDB's answer has too. */
  readonly overlap?: number;
  /** Why it gave no answer. */
  readonly failure?: string;
}

export interface ExplainAnswer {
  readonly collection: CollectionTarget & {
    readonly state: string;
    readonly version: number | null;
    /** Milliseconds since the mirror began to read everything. */
    readonly mirrorAgeMs: number | null;
    readonly records: number;
  };
  readonly plan: readonly ExplainedTier[];
}

export function explainAnswer(target: CollectionTarget, explanation: Explanation): ExplainAnswer {
  const { view, mirrorAgeMs, steps } = explanation;
  const answers = new Map(steps.map((step) => [step.tier, step.trial?.body && idsOf(step.trial.body)]));
  return {
    collection: {
      ...target,
      state: view?.state ?? 'untracked',
      version: view?.version ?? null,
      mirrorAgeMs: rounded(mirrorAgeMs),
      records: view?.mirror?.usage.records ?? 0,
    },
    plan: steps.map((step) => tierOf(step, answers.get(step.tier), answers.get('chroma'))),
  };
}

function tierOf(step: ExplainedStep, own: IdLists | undefined, chromas: IdLists | undefined): ExplainedTier {
  const { tier, in: isIn, reason, trial } = step;
  const planned = { tier, in: isIn, reason, expectedMs: rounded(step.expectedMs) };
  if (trial === undefined) return planned;
  return {
    ...planned,
    actualMs: Number(trial.actualMs.toFixed(3)),
    ...(own && { ids: countOf(own) }),
    ...(own && chromas && { overlap: overlapOf(own, chromas) }),
    ...(trial.failure !== undefined && { failure: trial.failure }),
  };
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Number(ms.toFixed(3));
}
