import type { CollectionTarget } from '../vector/collection-id.js';
import type { DoubtReport } from './collection-doubt.js';
import { ANSWERING_TIERS, type AnsweringTier, type Heat } from './heat.js';
import type { Refusal, ServingState } from './mirror-state.js';
import type { Pin } from './pin.js';
import type { SyncedCollection } from './synced-collection.js';

/** What operators see of a collection. */
export interface CollectionReport extends CollectionTarget {
  readonly state: ServingState;
  readonly refusal?: Refusal;
  readonly version: number;
  /** Records and bytes its mirror holds. */
  readonly records: number;
  readonly bytes: number;
  /** Milliseconds it stays refused or failed before its mirror may be tried again. */
  readonly heldForMs: number;
  /** Present while writes are in doubt. */
  readonly inDoubt?: DoubtReport;
  readonly pin: Pin;
  readonly heat: HeatReport;
  readonly answers: AnswersReport;
}

export interface HeatReport {
  /** Queries that a mirror answered, or could have; fading. */
  readonly queriesPerSecond: number;
  /** Milliseconds that the mirror spares, or would spare, each of them. */
  readonly savedMs: number;
}

/** Answers since the start. */
export interface AnswersReport {
  readonly total: number;
  /** The part of them that each tier gave, 0 to 1. */
  readonly shares: Readonly<Record<AnsweringTier, number>>;
}

const DECIMALS = 4;

export function reportOf(collection: SyncedCollection): CollectionReport {
  const { target, serving, refusal, version, handle, demand, doubt } = collection;
  const { records = 0, bytes = 0 } = handle?.usage ?? {};
  const nowMs = performance.now();
  return {
    ...target,
    state: serving,
    ...(refusal && { refusal }),
    version,
    records,
    bytes,
    heldForMs: collection.heldForMs(nowMs),
    ...(doubt && { inDoubt: doubt.report() }),
    pin: demand.pin,
    heat: {
      queriesPerSecond: rounded(demand.heat.queriesPerSecond(nowMs)),
      savedMs: rounded(demand.heat.savedMs),
    },
    answers: answersOf(demand.heat),
  };
}

function answersOf({ answers }: Heat): AnswersReport {
  const total = ANSWERING_TIERS.reduce((sum, tier) => sum + answers[tier], 0);
  const shareOf = (tier: AnsweringTier) => (total === 0 ? 0 : rounded(answers[tier] / total));
  const shares = Object.fromEntries(ANSWERING_TIERS.map((tier) => [tier, shareOf(tier)]));
  return { total, shares: shares as Record<AnsweringTier, number> };
}

function rounded(value: number): number {
  return Number(value.toFixed(DECIMALS));
}
