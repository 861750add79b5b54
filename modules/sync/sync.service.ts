import { Injectable } from '@nestjs/common';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import type { MirrorState, Refusal } from './mirror-state.js';
import { WarmUp } from './warm-up.job.js';

/** What the router sees of a collection. */
export interface CollectionView {
  readonly state: MirrorState;
  readonly version: number;
  /** Only when `state` is `warm`. */
  readonly mirror: MirrorHandle | undefined;
  /**
   * Only with a mirror: milliseconds of the monotonic clock up to which also writes that went around Tidegate
   * are in it.
   */
  readonly freshAtMs?: number | undefined;
}

/** What operators see of a collection. */
export interface CollectionReport extends CollectionTarget {
  readonly state: MirrorState;
  readonly refusal?: Refusal;
  readonly version: number;
  /** Records and bytes its mirror holds. */
  readonly records: number;
  readonly bytes: number;
  /** Milliseconds it stays settling, refused or failed before its mirror may be tried again. */
  readonly heldForMs: number;
}

/** What the hot tiers may answer for, collection by collection. */
@Injectable()
export class Sync {
  constructor(
    private readonly registry: CollectionRegistry,
    private readonly warmUp: WarmUp,
  ) {}

  /** The collection as reached under this path; undefined when no more collections can be tracked. */
  view(target: CollectionTarget): CollectionView | undefined {
    const collection = this.registry.track(target);
    if (collection === undefined) return undefined;
    const { state, version, handle, freshAtMs } = collection;
    if (state !== 'warm') return { state, version, mirror: undefined };
    // Only the path under which the mirror was filled is known to lead to the collection.
    return isSamePath(target, collection.target)
      ? { state, version, mirror: handle, freshAtMs }
      : { state: 'refused', version, mirror: undefined };
  }

  /** The same for an onlooker: a collection that is not tracked stays so, and is shown as cold. */
  peek(target: CollectionTarget): CollectionView | undefined {
    const untracked = this.registry.inScope(target.id).length === 0;
    return untracked ? { state: 'cold', version: 0, mirror: undefined } : this.view(target);
  }

  /** Asks for the collection's mirror; returns at once. */
  wantMirror(target: CollectionTarget): void {
    const collection = this.registry.track(target);
    if (collection) this.warmUp.start(collection, target);
  }

  /** ChromaDB does not know this collection, at least not under this path. */
  forget(target: CollectionTarget): void {
    const collection = this.registry.track(target);
    if (collection && isSamePath(target, collection.target)) this.registry.forget(target.id);
  }

  /** Every collection that is tracked, for operators. */
  report(): CollectionReport[] {
    return this.registry.list().map((collection) => {
      const { target, state, refusal, version, handle, holdUntilMs } = collection;
      const { records = 0, bytes = 0 } = handle?.usage ?? {};
      const heldForMs = Math.max(0, Math.round(holdUntilMs - performance.now()));
      return { ...target, state, ...(refusal && { refusal }), version, records, bytes, heldForMs };
    });
  }

  /** How many collections are in each state. */
  countByState(): Record<MirrorState, number> {
    return this.registry.countByState();
  }
}

function isSamePath(a: CollectionTarget, b: CollectionTarget): boolean {
  return a.tenant === b.tenant && a.database === b.database;
}
