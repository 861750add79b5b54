import { Injectable } from '@nestjs/common';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionId, CollectionTarget } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { reportOf, type CollectionReport } from './collection-report.js';
import type { AnsweringTier } from './heat.js';
import type { ServingState } from './mirror-state.js';
import type { Pin } from './pin.js';
import { PinsStore } from './pins.store.js';
import { PlacementJob } from './placement.job.js';
import type { UnservedMirror } from './synced-collection.js';

/** What the router sees of a collection. */
export interface CollectionView {
  readonly state: ServingState;
  readonly version: number;
  /** Only when `state` is `warm`. */
  readonly mirror: MirrorHandle | undefined;
  /**
   * Only with a mirror: milliseconds of the monotonic clock up to which also writes that went around Tidegate
   * are in it.
   */
  readonly freshAtMs?: number | undefined;
  /** Answers of earlier versions are never given, not even as stale. */
  readonly unchangedSinceVersion: number;
  /** A mirror that is there and not served; only for stale reads. */
  readonly unserved?: UnservedMirror | undefined;
}

/** What the hot tiers may answer for, collection by collection. */
@Injectable()
export class Sync {
  constructor(
    private readonly registry: CollectionRegistry,
    private readonly placement: PlacementJob,
    private readonly pins: PinsStore,
  ) {}

  /** The collection as reached under this path; undefined when no more collections can be tracked. */
  view(target: CollectionTarget): CollectionView | undefined {
    const collection = this.registry.track(target);
    if (collection === undefined) return undefined;
    // Without spreading objects, which takes several times as long as all else here.
    const { serving: state, version, unchangedSinceVersion, handle: mirror, freshAtMs } = collection;
    // Only the path under which the mirror was filled is known to lead to the collection.
    const isPathKnown = isSamePath(target, collection.target);
    if (state !== 'warm') {
      const unserved = isPathKnown ? collection.unserved : undefined;
      return { state, version, unchangedSinceVersion, mirror: undefined, unserved };
    }
    return isPathKnown
      ? { state, version, unchangedSinceVersion, mirror, freshAtMs }
      : { state: 'refused', version, unchangedSinceVersion, mirror: undefined };
  }

  /** The same for an onlooker: a collection that is not tracked stays so, and is shown as cold. */
  peek(target: CollectionTarget): CollectionView | undefined {
    const untracked = this.registry.inScope(target.id).length === 0;
    const unknown = { state: 'cold', version: 0, unchangedSinceVersion: 0, mirror: undefined } as const;
    return untracked ? unknown : this.view(target);
  }

  /** Asks for the collection's mirror; returns at once. */
  wantMirror(target: CollectionTarget): void {
    this.placement.want(target);
  }

  /** Learns from an answer how hot its collection is; `milliseconds` is what its tier took. */
  answered({ id }: CollectionTarget, tier: AnsweringTier, milliseconds: number): void {
    this.registry.find(id)?.demand.heat.answered(tier, milliseconds, performance.now());
  }

  /** ChromaDB does not know this collection, at least not under this path. */
  forget(target: CollectionTarget): void {
    const collection = this.registry.track(target);
    if (collection && isSamePath(target, collection.target)) this.registry.forget(target.id);
  }

  /** Every collection that is tracked or pinned, for operators. */
  report(): CollectionReport[] {
    for (const { target } of this.pins.list()) this.registry.track(target);
    return this.registry.list().map(reportOf);
  }

  /** @returns undefined when the collection is neither tracked nor pinned */
  reportOn(id: CollectionId): CollectionReport | undefined {
    return this.report().find((report) => report.id === id);
  }

  /**
   * Sets an operator's pin, which a restart keeps, and acts on it.
   * @returns what speaks against it; undefined when it was done
   */
  async pin(target: CollectionTarget, pin: Pin, by: string): Promise<string | undefined> {
    const fault = await this.pins.set(target, pin, by);
    const collection = this.registry.find(target.id);
    if (fault !== undefined || collection === undefined) return fault;
    collection.demand.pin = pin;
    this.placement.repin(collection);
    return undefined;
  }

  /** How many collections are in each state. */
  countByState(): Record<ServingState, number> {
    return this.registry.countByState();
  }
}

function isSamePath(a: CollectionTarget, b: CollectionTarget): boolean {
  return a.tenant === b.tenant && a.database === b.database;
}
