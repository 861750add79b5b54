import { Injectable } from '@nestjs/common';
import { Mirrors } from '../hot/mirrors.service.js';
import type { CollectionId, CollectionTarget } from '../vector/collection-id.js';
import { MIRROR_STATES, type MirrorState, type Refusal } from './mirror-state.js';
import { PinsStore } from './pins.store.js';
import { SyncConfig } from './sync.config.js';
import { SyncedCollection } from './synced-collection.js';
import type { AdminScope } from './write-scope.js';

/** Beyond, the oldest that is idle is forgotten; if none is, further ones are neither mirrored nor cached. */
const MAX_COLLECTIONS = 10_000;

/** The collections that were asked for or written, and the moves of their states. */
@Injectable()
export class CollectionRegistry {
  private readonly collections = new Map<CollectionId, SyncedCollection>();

  constructor(
    private readonly config: SyncConfig,
    private readonly mirrors: Mirrors,
    private readonly pins: PinsStore,
  ) {}

  /** The collection in its present state; undefined when there is no room to track it. */
  track(target: CollectionTarget): SyncedCollection | undefined {
    const known = this.collections.get(target.id);
    if (known !== undefined) return this.refreshed(known);
    if (this.collections.size >= MAX_COLLECTIONS && !this.forgetOldestIdle()) return undefined;
    const collection = new SyncedCollection(target);
    collection.demand.pin = this.pins.pinOf(target.id);
    this.collections.set(target.id, collection);
    return collection;
  }

  /** Stops tracking a collection that does not exist, unless a write to it is under way. */
  forget(id: CollectionId): void {
    const collection = this.collections.get(id);
    if (collection === undefined || collection.writesInFlight > 0) return;
    if (collection.state === 'settling') return;
    this.drop(collection);
    this.collections.delete(id);
  }

  /** Takes the mirror away; the next query may ask for a new one. */
  drop(collection: SyncedCollection): void {
    this.leave(collection, 'cold', 0);
  }

  /** Takes the mirror away until a moment of the monotonic clock, and says why there is none. */
  retire(collection: SyncedCollection, refusal: Refusal | undefined, holdUntilMs: number): void {
    this.leave(collection, refusal ? 'refused' : 'cold', holdUntilMs);
    collection.refusal = refusal;
  }

  /** Takes mirror and answers away, but lifts neither a settling time nor that of a cold collection. */
  overturn(collection: SyncedCollection): void {
    if (collection.state !== 'settling' && collection.state !== 'cold') this.drop(collection);
    collection.moveVersion();
  }

  /** Keeps the collection out of every hot tier until writes in doubt have settled. */
  settle(collection: SyncedCollection): void {
    this.leave(collection, 'settling', performance.now() + this.config.settleMs);
    collection.moveVersion();
  }

  /** The collection as it is tracked. */
  find(id: CollectionId): SyncedCollection | undefined {
    return this.collections.get(id);
  }

  inScope(scope: AdminScope): SyncedCollection[] {
    if (scope === 'all') return [...this.collections.values()];
    const only = this.collections.get(scope);
    return only ? [only] : [];
  }

  list(): readonly SyncedCollection[] {
    return [...this.collections.values()].map((collection) => this.refreshed(collection));
  }

  countByState(): Record<MirrorState, number> {
    const counts = Object.fromEntries(MIRROR_STATES.map((state) => [state, 0])) as Record<
      MirrorState,
      number
    >;
    for (const { state } of this.list()) counts[state]++;
    return counts;
  }

  private leave(collection: SyncedCollection, state: MirrorState, holdUntilMs: number): void {
    if (collection.handle) this.mirrors.close(collection.handle);
    collection.leaveHotTier(state, holdUntilMs);
  }

  /** Versions are never used twice, so what was kept of its answers stays dead if it comes back. */
  private forgetOldestIdle(): boolean {
    for (const [id, { state, writesInFlight }] of this.collections) {
      if ((state !== 'cold' && state !== 'refused') || writesInFlight > 0) continue;
      return this.collections.delete(id);
    }
    return false;
  }

  /** Notices what happens by itself: a worker that died, a settling time that is over. */
  private refreshed(collection: SyncedCollection): SyncedCollection {
    if (collection.handle && !this.mirrors.isAlive(collection.handle)) this.drop(collection);
    if (collection.state === 'settling' && performance.now() >= collection.holdUntilMs) this.drop(collection);
    return collection;
  }
}
