import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { Snapshots } from './snapshots.service.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';

/** How often it is looked which snapshot is due. */
const LOOK_MS = 1_000;
/** Time after which a snapshot that could not be taken is tried again. */
const RETRY_MS = 30_000;

/** Takes snapshots of warm mirrors that changed, one at a time. */
@Injectable()
export class SnapshotJob implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private taking: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly config: SyncConfig,
    private readonly registry: CollectionRegistry,
    private readonly snapshots: Snapshots,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.run();
    }, LOOK_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    this.stopping = true;
    clearInterval(this.timer);
  }

  /**
   * An operator wants one now.
   * @returns what speaks against it, and what to do; undefined when it has begun
   */
  takeNow(collection: SyncedCollection): string | undefined {
    if (this.taking) return 'another snapshot is being taken; try again in a few seconds';
    if (collection.serving !== 'warm')
      return `its mirror is not warm but ${collection.serving}; wait, or warm it`;
    this.begin(collection);
    return undefined;
  }

  /** Takes the snapshot that has been due for longest. */
  run(): void {
    if (this.taking || this.stopping) return;
    const nowMs = performance.now();
    const [due] = this.changed();
    if (due && nowMs >= due.snapshotDueAtMs) this.begin(due);
  }

  /** At the end of the process: takes one of each mirror that changed, but begins none after the bound. */
  async flush(): Promise<void> {
    const untilMs = performance.now() + this.config.snapshotFlushMs;
    this.stopping = true;
    await this.taking;
    const changed = this.changed();
    for (const [done, collection] of changed.entries()) {
      if (performance.now() >= untilMs) {
        this.log.warn('snapshots-not-flushed', { left: changed.length - done });
        return;
      }
      await this.take(collection);
    }
  }

  /** Mirrors that a snapshot lacks something of; the one that is due for longest first. */
  private changed(): SyncedCollection[] {
    if (this.config.snapshotIntervalMs === 0) return [];
    return this.registry
      .list()
      .filter((each) => each.serving === 'warm' && !this.snapshots.isCurrent(each))
      .sort((a, b) => a.snapshotDueAtMs - b.snapshotDueAtMs);
  }

  private begin(collection: SyncedCollection): void {
    this.taking = this.take(collection).finally(() => {
      this.taking = undefined;
    });
  }

  private async take(collection: SyncedCollection): Promise<void> {
    const { id } = collection.target;
    try {
      const { records, bytes, durationMs } = await this.snapshots.take(collection);
      collection.snapshotDueAtMs = performance.now() + this.config.snapshotIntervalMs;
      this.metrics.snapshot('take', 'ok');
      this.log.info('snapshot-taken', { collection: id, records, bytes, ms: Math.round(durationMs) });
    } catch (error) {
      collection.snapshotDueAtMs = performance.now() + RETRY_MS;
      this.metrics.snapshot('take', 'failed');
      this.log.error('snapshot-not-taken', { collection: id, message: messageOf(error) });
    }
  }
}
