import type { CollectionTarget } from '../vector/collection-id.js';
import type { Refusal, ServingState } from './mirror-state.js';
import type { DoubtReport } from './collection-doubt.js';
import type { LagReport } from './read-back-lag.js';
import type { SyncedCollection } from './synced-collection.js';
import type { WarmUpReport } from './warm-up-progress.js';

/** How far a collection's mirror follows ChromaDB. */
export interface SyncReport extends CollectionTarget {
  readonly state: ServingState;
  readonly refusal?: Refusal;
  /** Milliseconds it stays refused or cold before its mirror may be tried again. */
  readonly heldForMs: number;
  readonly lag: LagReport;
  /** While writes are in doubt. */
  readonly inDoubt?: DoubtReport;
  /** Where there was one since the start. */
  readonly warmUp?: WarmUpReport;
}

export function syncReportOf(collection: SyncedCollection): SyncReport {
  const { target, serving, refusal, dirty, doubt, lag, warmUp } = collection;
  const nowMs = performance.now();
  return {
    ...target,
    state: serving,
    ...(refusal && { refusal }),
    heldForMs: collection.heldForMs(nowMs),
    lag: lag.report(dirty.size, nowMs),
    ...(doubt && { inDoubt: doubt.report() }),
    ...(warmUp && { warmUp: warmUp.report(nowMs) }),
  };
}
