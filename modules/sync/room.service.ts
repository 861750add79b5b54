import { Injectable } from '@nestjs/common';
import { Mirrors } from '../hot/mirrors.service.js';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionId } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { isFilled, type Refusal } from './mirror-state.js';
import {
  ASKED_WINDOW_MS,
  decidePlacement,
  roomToGrow,
  toShed,
  type Candidate,
  type Placement,
} from './placement.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';

/** Time after which a failed or refused warm-up may be tried again. */
const RETRY_MS = 5_000;
/** Time for which no mirror is begun where an operator dropped one, or memory was short. */
const DISMISSED_MS = 60_000;

/** The memory of all mirrors: who gets some, and who gives it back for another. */
@Injectable()
export class Room {
  constructor(
    private readonly config: SyncConfig,
    private readonly registry: CollectionRegistry,
    private readonly mirrors: Mirrors,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Which of the collections that want a mirror should get one, by what is expected of their sizes. */
  plan(): Placement {
    return this.decide((collection) => isMirrored(collection) || isWaiting(collection));
  }

  /**
   * Whether the collection, which is being mirrored, may hold so many bytes in all; what must yield to it is
   * evicted.
   */
  admit(collection: SyncedCollection, bytes: number): boolean {
    collection.demand.expect(bytes);
    const { evict, warm } = this.decide((each) => isMirrored(each) || each === collection, collection);
    if (!warm.includes(collection.target.id)) return false;
    for (const id of evict) this.evict(id, collection);
    return true;
  }

  /**
   * Whether a mirror may hold so many bytes more than it does; what is colder is evicted for it. Where that
   * is not enough, a mirror that was warm is given up.
   */
  grow(id: CollectionId, moreBytes: number): boolean {
    const collection = this.registry.find(id);
    if (collection?.handle === undefined) return false;
    const wantedBytes = collection.handle.usage.bytes + moreBytes;
    if (!isFilled(collection.state)) return this.admit(collection, wantedBytes);
    const mirrored = this.registry.list().filter(isMirrored).map(candidateOf);
    const evict = roomToGrow(candidateOf(collection), moreBytes, mirrored, this.mirrors.limitBytes);
    if (evict === undefined) {
      collection.demand.expect(wantedBytes);
      this.metrics.placement('outgrown');
      this.log.warn('mirror-outgrew-budget', { collection: id, bytes: wantedBytes });
      this.release(collection, 'over-budget');
      return false;
    }
    for (const victim of evict) this.evict(victim, collection);
    return true;
  }

  /** Takes away the mirror of a collection that is never to be mirrored. */
  ban(collection: SyncedCollection): void {
    if (isMirrored(collection)) this.metrics.placement('banned');
    this.registry.retire(collection, 'pinned', 0);
  }

  /** Ends a warm-up, or a mirror, that cannot go on; it may be tried again after a while. */
  release(collection: SyncedCollection, refusal: Refusal | undefined): void {
    this.registry.retire(collection, refusal, performance.now() + RETRY_MS);
  }

  /** Ends a warm-up for which ChromaDB is away; it is tried again, with what is in the mirror already. */
  keepLoaded(collection: SyncedCollection): void {
    collection.stayLoaded(performance.now() + RETRY_MS);
  }

  /** Takes a mirror away, or ends the warm-up of one, at an operator's word. */
  dismiss(collection: SyncedCollection): void {
    if (isMirrored(collection)) this.metrics.placement('dismissed');
    this.registry.retire(collection, undefined, performance.now() + DISMISSED_MS);
  }

  /**
   * Gives up the coldest mirrors, so many bytes of them, as memory is short.
   * @returns how many, and what they held
   */
  shed(leastBytes: number): { readonly mirrors: number; readonly bytes: number } {
    const mirrored = this.registry.list().filter(isMirrored);
    const shed = toShed(mirrored.map(candidateOf), leastBytes);
    let bytes = 0;
    for (const collection of mirrored.filter(({ target }) => shed.includes(target.id))) {
      const held = collection.handle?.usage.bytes ?? 0;
      bytes += held;
      this.registry.retire(collection, 'memory-short', performance.now() + DISMISSED_MS);
      this.metrics.placement('shed');
      this.log.warn('mirror-shed', { collection: collection.target.id, bytes: held });
    }
    return { mirrors: shed.length, bytes };
  }

  private evict(id: CollectionId, successor: SyncedCollection): void {
    const victim = this.registry.find(id);
    if (victim === undefined) return;
    const bytes = victim.handle?.usage.bytes ?? 0;
    victim.demand.expect(Math.max(bytes, victim.demand.expectedBytes()));
    this.registry.retire(victim, 'over-budget', 0);
    this.metrics.placement('evicted');
    this.log.info('mirror-evicted', { collection: id, bytes, for: successor.target.id });
  }

  /** @param asking counted as one that has no mirror yet, though it is being filled */
  private decide(takesPart: (collection: SyncedCollection) => boolean, asking?: SyncedCollection): Placement {
    const candidates = this.registry
      .list()
      .filter(takesPart)
      .map((each) =>
        each === asking ? { ...candidateOf(each), state: 'absent' as const } : candidateOf(each),
      );
    return decidePlacement(candidates, {
      budgetBytes: this.mirrors.limitBytes,
      minResidenceMs: this.config.minResidenceMs,
      nowMs: performance.now(),
    });
  }
}

function isMirrored({ state }: SyncedCollection): boolean {
  return state === 'loaded' || state === 'warming' || state === 'catching-up' || isFilled(state);
}

/** Whether a mirror was asked for lately, or by an operator, and may be begun now. */
function isWaiting({ state, holdUntilMs, demand }: SyncedCollection): boolean {
  const nowMs = performance.now();
  if ((state !== 'cold' && state !== 'refused') || nowMs < holdUntilMs) return false;
  const isWanted = demand.wanted !== undefined && nowMs - demand.wanted.atMs < ASKED_WINDOW_MS;
  return isWanted || demand.pin === 'always';
}

function candidateOf(collection: SyncedCollection): Candidate {
  const { target, state, handle, demand } = collection;
  const nowMs = performance.now();
  // A filled mirror holds what it holds; one that is being filled will hold more.
  const expectedBytes = isFilled(state) ? 0 : demand.expectedBytes();
  const bytes = Math.max(handle?.usage.bytes ?? 0, expectedBytes);
  return {
    id: target.id,
    pin: demand.pin,
    state: isMirrored(collection) ? 'mirrored' : 'absent',
    heat: demand.heat.perByte(bytes, nowMs),
    bytes,
    mirroredSinceMs: demand.mirroredSinceMs,
    asked: demand.heat.askedWithin(ASKED_WINDOW_MS, nowMs),
  };
}
