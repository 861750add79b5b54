import { Injectable } from '@nestjs/common';
import { Mirrors } from '../hot/mirrors.service.js';
import type { CollectionId, CollectionTarget } from '../vector/collection-id.js';
import { CollectionDoubt } from './collection-doubt.js';
import { SERVING_STATES, type MirrorState, type Refusal, type ServingState } from './mirror-state.js';
import { PinsStore } from './pins.store.js';
import { SyncedCollection } from './synced-collection.js';
import { WriteJournal } from './write-journal.store.js';
import type { AdminScope, WriteScope } from './write-scope.js';

/** Beyond, the oldest that is idle is forgotten; if none is, further ones are neither mirrored nor cached. */
const MAX_COLLECTIONS = 10_000;

/** The collections that were asked for or written, and the moves of their states. */
@Injectable()
export class CollectionRegistry {
  private readonly collections = new Map<CollectionId, SyncedCollection>();

  constructor(
    private readonly journal: WriteJournal,
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
    const recovered = this.journal.recoveredDoubt(target.id);
    if (recovered) collection.doubt = new CollectionDoubt(recovered);
    this.collections.set(target.id, collection);
    return collection;
  }

  /** Stops tracking a collection that does not exist, unless a write to it is under way. */
  forget(id: CollectionId): void {
    const collection = this.collections.get(id);
    if (collection === undefined || collection.writesInFlight > 0) return;
    if (collection.doubt) return;
    this.drop(collection);
    this.distrustSnapshot(id);
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

  /** Takes mirror and answers away, but does not lift the time for which a cold collection is held. */
  overturn(collection: SyncedCollection): void {
    if (collection.state !== 'cold') this.drop(collection);
    collection.forbidOlder();
  }

  /** As `overturn`, where the collection is gone, or may be: no snapshot of it is loaded any more either. */
  bury(collection: SyncedCollection): void {
    this.distrustSnapshot(collection.target.id);
    this.overturn(collection);
  }

  distrustSnapshot(id: CollectionId): void {
    this.journal.keep(id, undefined);
  }

  /** Any collection may be gone: those that are not tracked are not looked at. */
  distrustUntracked(): void {
    for (const id of this.journal.marked()) if (!this.collections.has(id)) this.distrustSnapshot(id);
  }

  /** Whether there may be a snapshot of the collection. */
  hasSnapshot({ target }: SyncedCollection): boolean {
    return this.journal.hasMarks(target.id);
  }

  /**
   * Keeps the collection out of every hot tier until this write in doubt has settled.
   * @param scope undefined for a call that changes no record, but perhaps the collection as such
   */
  doubt(collection: SyncedCollection, scope: WriteScope | undefined): void {
    collection.doubt ??= new CollectionDoubt();
    collection.doubt.add(scope);
    if (collection.doubt.mayBeGone) collection.forbidOlder();
    else collection.moveVersion();
  }

  /** What was in doubt is in doubt no more. */
  settled(collection: SyncedCollection): void {
    collection.doubt = undefined;
    this.journal.settled(collection.target.id);
    collection.moveVersion();
  }

  /** Records of the mirror were changed by no write: a snapshot that was taken before lacks them. */
  touched(collection: SyncedCollection, ids: readonly string[]): void {
    this.journal.ended(this.journal.sent(collection.target.id, ids), false);
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

  countByState(): Record<ServingState, number> {
    const counts = Object.fromEntries(SERVING_STATES.map((state) => [state, 0])) as Record<
      ServingState,
      number
    >;
    for (const { serving } of this.list()) counts[serving]++;
    return counts;
  }

  private leave(collection: SyncedCollection, state: MirrorState, holdUntilMs: number): void {
    if (collection.handle) this.mirrors.close(collection.handle);
    collection.leaveHotTier(state, holdUntilMs);
  }

  /** Versions are never used twice, so what was kept of its answers stays dead if it comes back. */
  private forgetOldestIdle(): boolean {
    for (const [id, { serving, writesInFlight }] of this.collections) {
      if ((serving !== 'cold' && serving !== 'refused') || writesInFlight > 0) continue;
      return this.collections.delete(id);
    }
    return false;
  }

  /** Notices a worker that died. */
  private refreshed(collection: SyncedCollection): SyncedCollection {
    if (collection.handle && !this.mirrors.isAlive(collection.handle)) this.drop(collection);
    return collection;
  }
}
