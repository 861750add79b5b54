import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Mirrors } from '../hot/mirrors.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { PinsStore } from './pins.store.js';
import { Room } from './room.service.js';
import type { SyncedCollection } from './synced-collection.js';
import { WarmUp } from './warm-up.job.js';

/** Warm-ups that run at a time: each reads a whole collection from ChromaDB. */
export const MAX_WARM_UPS = 4;
/** How often it is looked whether what waits has become hotter than what is there. */
const LOOK_MS = 1_000;

/** Starts warm-ups: at once where there is room, and from time to time for what has earned it. */
@Injectable()
export class PlacementJob implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: CollectionRegistry,
    private readonly pins: PinsStore,
    private readonly mirrors: Mirrors,
    private readonly room: Room,
    private readonly warmUp: WarmUp,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.run();
    }, LOOK_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** A query would have liked a mirror. */
  want(target: CollectionTarget): void {
    const collection = this.registry.track(target);
    if (collection === undefined) return;
    collection.demand.wanted = { target, atMs: performance.now() };
    if (collection.demand.pin === 'never') this.room.ban(collection);
    // Where it does not fit, or not yet, the next look decides.
    else if (this.mirrors.fits(collection.demand.expectedBytes())) this.start(collection);
  }

  /** An operator's word overrules earlier refusals. */
  repin(collection: SyncedCollection): void {
    if (collection.state === 'refused') this.registry.drop(collection);
    this.run();
  }

  /**
   * An operator wants a mirror now: earlier failures, refusals and drops do not count.
   * @returns what speaks against it, and what to do; undefined when it is there or has begun
   */
  warmNow(collection: SyncedCollection): string | undefined {
    const { state, demand, doubt } = collection;
    if (state === 'warming' || state === 'catching-up' || state === 'warm') return undefined;
    if (doubt?.anyRecord) return 'any record may change yet by a write in doubt; wait until it has settled';
    if (demand.pin === 'never') return 'it is pinned "never"; set its pin to "auto" or "always" first';
    if (this.warmUp.isHeld) return 'memory is short; give the process more, or try again later';
    if (this.warmUp.running >= MAX_WARM_UPS) {
      return `${MAX_WARM_UPS} warm-ups run already; try again when one of them has ended`;
    }
    if (state === 'loaded') collection.holdUntilMs = 0;
    else this.registry.drop(collection);
    this.start(collection);
    return undefined;
  }

  /**
   * An operator wants no mirror now; for a while none is begun, whoever asks.
   * @returns undefined: nothing speaks against it
   */
  dismiss(collection: SyncedCollection): undefined {
    this.room.dismiss(collection);
  }

  /** Starts what should be mirrored, hottest first, as far as warm-ups may run at a time. */
  run(): void {
    for (const { target } of this.pins.list()) this.registry.track(target);
    // Their memory is theirs already.
    for (const each of this.registry.list()) if (each.state === 'loaded') this.start(each);
    const { warm, evict } = this.room.plan();
    // What is evicted for another one goes when the other's size is known.
    for (const id of evict) this.banIfPinned(this.registry.find(id));
    for (const id of warm) {
      const collection = this.registry.find(id);
      if (collection) this.start(collection);
    }
  }

  private banIfPinned(collection: SyncedCollection | undefined): void {
    if (collection?.demand.pin === 'never') this.room.ban(collection);
  }

  private start(collection: SyncedCollection): void {
    if (this.warmUp.running >= MAX_WARM_UPS) return;
    this.warmUp.start(collection, collection.demand.wanted?.target ?? collection.target, () => {
      this.run();
    });
  }
}
