import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { TidegateError } from '../vector/errors.js';
import { Barriers } from './barriers.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { isFilled } from './mirror-state.js';
import { ReadBack } from './read-back.job.js';
import { Revalidation } from './revalidation.job.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';

/** How often it is looked whether a collection is in doubt, and an attempt to settle it is made again. */
const LOOK_MS = 250;

/**
 * Settles writes in doubt: finds out what became of them, when it can no longer change.
 *
 * ChromaDB logs a write before it applies it, one write after the other, and applies all that it logged for a
 * collection before it acknowledges a later write there (`push_logs` in its rust/log/src/sqlite_log.rs). So a
 * write that changes nothing is a barrier: what was logged before it is applied when it is acknowledged, also
 * what had failed. What may still come is a request on its way to the log: in a buffer of the network, or of
 * a ChromaDB that had stopped. A first barrier shows that ChromaDB works again; then
 * `TIDEGATE_SETTLE_MS` pass, in which such a request arrives; then a second barrier has it applied.
 */
@Injectable()
export class Settling implements OnModuleInit, OnModuleDestroy {
  private readonly settling = new Set<SyncedCollection>();
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: SyncConfig,
    private readonly registry: CollectionRegistry,
    private readonly barriers: Barriers,
    private readonly readBack: ReadBack,
    private readonly revalidation: Revalidation,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      // What failed is tried again by a later look.
      void this.run();
    }, LOOK_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.stop.abort();
  }

  /** Tries to settle what is in doubt. Resolves when each attempt that it began has ended; never rejects. */
  async run(): Promise<void> {
    const doubted = this.registry.list().filter((each) => each.doubt && !this.settling.has(each));
    for (const collection of doubted) this.settling.add(collection);
    await Promise.allSettled(
      doubted.map((collection) => this.settle(collection).finally(() => this.settling.delete(collection))),
    );
  }

  private async settle(collection: SyncedCollection): Promise<void> {
    const { doubt } = collection;
    if (doubt === undefined) return;
    const { writes } = doubt;
    if (!(await this.isThere(collection, this.barriers.works(collection.target)))) return;
    await pause(this.config.settleMs, undefined, { ref: false, signal: this.stop.signal });
    if (doubt.writes !== writes) return;
    // Nothing that is logged is waited for where no record was written: any barrier is as good.
    const { target } = collection;
    const applied = doubt.touchesRecords ? this.barriers.pass(target) : this.barriers.works(target);
    if (!(await this.isThere(collection, applied))) return;
    await this.revalidation.check(collection);
    // Alone: no write is under way that could end in doubt while this doubt is lifted.
    await collection.writeOrder.runAlone(async () => {
      if (doubt.writes === writes) await this.conclude(collection);
    });
  }

  /** @returns false when the collection is gone, and with it the doubt */
  private async isThere(collection: SyncedCollection, barrier: Promise<void>): Promise<boolean> {
    try {
      await barrier;
      return true;
    } catch (error) {
      if (!(error instanceof TidegateError) || error.code !== 'not-found') throw error;
      this.registry.bury(collection);
      this.registry.settled(collection);
      return false;
    }
  }

  /** Has a mirror read what was in doubt, now or at the end of its warm-up; else there is nothing to do. */
  private async conclude(collection: SyncedCollection): Promise<void> {
    const { doubt, state, handle } = collection;
    if (doubt === undefined) return;
    if (doubt.anyRecord) this.registry.drop(collection);
    else {
      collection.lag.note(performance.now());
      collection.noteAgain([...doubt.ids]);
      if (isFilled(state)) await this.follow(collection, handle);
    }
    this.registry.settled(collection);
  }

  private async follow(collection: SyncedCollection, handle: SyncedCollection['handle']): Promise<void> {
    try {
      await this.readBack.flush(collection);
    } catch {
      if (collection.handle === handle) this.registry.drop(collection);
    }
  }
}
