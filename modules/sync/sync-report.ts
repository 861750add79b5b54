import type { CollectionTarget } from '../vector/collection-id.js';
import type { Refusal, ServingState } from './mirror-state.js';
import type { DoubtReport } from './collection-doubt.js';
import type { LagReport } from './read-back-lag.js';
import type { ReconciliationReport } from './reconciliation.js';
import type { TakenSnapshot } from './snapshot-identity.js';
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
  /** Comparisons with ChromaDB; drift is counted since the start. */
  readonly reconciliation: ReconciliationReport;
  /** The last one of this mirror, or that it was filled from. */
  readonly snapshot?: SnapshotReport;
  /** Where there was one since the start. */
  readonly warmUp?: WarmUpReport;
}

export interface SnapshotReport {
  /** ISO 8601. */
  readonly takenAt: string;
  readonly ageMs: number;
  /** On disk. */
  readonly bytes: number;
}

export function syncReportOf(collection: SyncedCollection): SyncReport {
  const { target, serving, refusal, dirty, doubt, lag, snapshot, warmUp } = collection;
  const nowMs = performance.now();
  return {
    ...target,
    state: serving,
    ...(refusal && { refusal }),
    heldForMs: collection.heldForMs(nowMs),
    lag: lag.report(dirty.size, nowMs),
    reconciliation: collection.reconciliation.report(),
    ...(doubt && { inDoubt: doubt.report() }),
    ...(snapshot && { snapshot: snapshotReportOf(snapshot) }),
    ...(warmUp && { warmUp: warmUp.report(nowMs) }),
  };
}

function snapshotReportOf({ takenAt, bytes }: TakenSnapshot): SnapshotReport {
  return { takenAt, ageMs: Math.max(0, Date.now() - Date.parse(takenAt)), bytes };
}
