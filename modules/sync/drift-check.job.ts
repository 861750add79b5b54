import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import { Metrics, type DriftCheckOutcome } from '../telemetry/metrics.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { isFilled } from './mirror-state.js';
import { Reconcile } from './reconcile.job.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';

/** Calls of all checks together: with more mirrors than that allows, each is checked less often. */
const MAX_CALLS_PER_SECOND = 40;
const CALLS_PER_CHECK = 2;
const SPACING_MS = (1_000 * CALLS_PER_CHECK) / MAX_CALLS_PER_SECOND;

/**
 * Asks often what costs ChromaDB little: whether each mirrored collection still is as it was described, and
 * has as many records as its mirror.
 */
@Injectable()
export class DriftCheck implements OnModuleInit, OnModuleDestroy {
  private readonly stop = new AbortController();

  constructor(
    private readonly config: SyncConfig,
    private readonly records: ChromaRecords,
    private readonly registry: CollectionRegistry,
    private readonly reconcile: Reconcile,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    // Ends with the pause that the shutdown breaks off.
    this.run().catch(() => undefined);
  }

  onModuleDestroy(): void {
    this.stop.abort();
  }

  /** Checks one collection. Never rejects. */
  async check(collection: SyncedCollection): Promise<void> {
    const outcome = await this.look(collection).catch((): DriftCheckOutcome => 'failed');
    this.metrics.driftCheck(outcome);
    if (outcome === 'differs') this.reconcile.suspect(collection, 'count');
  }

  private async run(): Promise<never> {
    for (;;) {
      const startedMs = performance.now();
      for (const collection of this.registry.list()) {
        if (!isFilled(collection.serving)) continue;
        await this.check(collection);
        await this.pause(SPACING_MS);
      }
      await this.pause(this.config.driftCheckMs - (performance.now() - startedMs));
    }
  }

  private async look(collection: SyncedCollection): Promise<DriftCheckOutcome> {
    const { target, attempts, info, version } = collection;
    const isSame = () => isFilled(collection.serving) && collection.attempts === attempts;
    const described = await this.records.describe(target);
    if (!isSame()) return 'disturbed';
    if (!isDeepStrictEqual(described, info)) {
      if (described === undefined) this.registry.bury(collection);
      else this.registry.overturn(collection);
      return 'changed';
    }
    const look = collection.writeWatch.look();
    try {
      const count = await this.records.count(target);
      // The version moves with the end of every write, and of every repair.
      const isStill = look.isQuiet && collection.isClean && collection.version === version;
      if (!isStill || !isSame() || collection.reconciliation.running) return 'disturbed';
      return count === collection.handle?.usage.records ? 'same' : 'differs';
    } finally {
      look.close();
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(Math.max(0, milliseconds), undefined, { ref: false, signal: this.stop.signal });
  }
}
