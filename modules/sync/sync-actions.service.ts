import { Injectable } from '@nestjs/common';
import { Log } from '../telemetry/log.service.js';
import type { CollectionId, CollectionTarget } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { PlacementJob } from './placement.job.js';
import type { SyncAction } from './sync-action.js';
import { Reconcile } from './reconcile.job.js';
import { SnapshotJob } from './snapshot.job.js';
import { syncReportOf, type SyncReport } from './sync-report.js';
import type { SyncedCollection } from './synced-collection.js';

/** Begins something; returns what speaks against it, and what to do, or undefined when it has begun. */
type Begin = (collection: SyncedCollection) => string | undefined;

/** How the mirrors follow ChromaDB, and what operators can have done about it. */
@Injectable()
export class SyncActions {
  private readonly begin: Readonly<Record<SyncAction, Begin>> = {
    warm: (collection) => this.placement.warmNow(collection),
    reconcile: (collection) => this.reconcile.begin(collection),
    drop: (collection) => {
      this.placement.dismiss(collection);
    },
    snapshot: (collection) => this.snapshots.takeNow(collection),
  };

  constructor(
    private readonly registry: CollectionRegistry,
    private readonly placement: PlacementJob,
    private readonly reconcile: Reconcile,
    private readonly snapshots: SnapshotJob,
    private readonly log: Log,
  ) {}

  /** Every collection that is tracked. */
  report(): SyncReport[] {
    return this.registry.list().map(syncReportOf);
  }

  /** @returns undefined when the collection is not tracked */
  reportOn(id: CollectionId): SyncReport | undefined {
    const collection = this.find(id);
    return collection && syncReportOf(collection);
  }

  /** Tracks a collection, if there is room, and has its mirror filled under this path from now on. */
  reachUnder(target: CollectionTarget): void {
    const collection = this.registry.track(target);
    if (collection) collection.demand.wanted = { target, atMs: performance.now() };
  }

  /**
   * Begins an action.
   * @returns what speaks against it now, and what to do; undefined when it has begun
   */
  run(action: SyncAction, id: CollectionId, by: string): string | undefined {
    const collection = this.find(id);
    const fault = collection ? this.begin[action](collection) : 'it is not tracked; query it once';
    this.log.info('sync-action', { by, action, collection: id, fault });
    return fault;
  }

  /** In its present state. */
  private find(id: CollectionId): SyncedCollection | undefined {
    const known = this.registry.find(id);
    return known && this.registry.track(known.target);
  }
}
