import type { CollectionTarget } from '../vector/collection-id.js';
import type { MirrorState, Refusal } from './mirror-state.js';
import type { LagReport } from './read-back-lag.js';
import type { SyncedCollection } from './synced-collection.js';
import type { WarmUpReport } from './warm-up-progress.js';

/** How far a collection's mirror follows ChromaDB. */
export interface SyncReport extends CollectionTarget {
  readonly state: MirrorState;
  readonly refusal?: Refusal;
  /** Milliseconds it stays settling, refused or cold before its mirror may be tried again. */
  readonly heldForMs: number;
  readonly lag: LagReport;
  /** Where there was one since the start. */
  readonly warmUp?: WarmUpReport;
}

export function syncReportOf(collection: SyncedCollection): SyncReport {
  const { target, state, refusal, dirty, lag, warmUp } = collection;
  const nowMs = performance.now();
  return {
    ...target,
    state,
    ...(refusal && { refusal }),
    heldForMs: collection.heldForMs(nowMs),
    lag: lag.report(dirty.size, nowMs),
    ...(warmUp && { warmUp: warmUp.report(nowMs) }),
  };
}
