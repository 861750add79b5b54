import type { CollectionInfo } from '../chroma/collection-info.js';
import type { InsertBody } from '../hot/hot-protocol.js';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { InsertionOrder, type SentWrite } from './insertion-order.js';
import type { MirrorState, Refusal, ServingState } from './mirror-state.js';
import { CollectionDemand } from './collection-demand.js';
import type { CollectionDoubt } from './collection-doubt.js';
import { ReadBackLag } from './read-back-lag.js';
import type { WarmUpProgress } from './warm-up-progress.js';
import type { TakenSnapshot } from './snapshot-identity.js';
import type { Drift } from './drift.js';
import { Reconciliation } from './reconciliation.js';
import { WriteOrder } from './write-order.js';
import { WriteWatch } from './write-watch.js';

/** Ids of written records that are noted while a mirror warms; beyond, it has to begin anew. */
export const MAX_NOTED_RECORDS = 500_000;

/** Versions are never used twice, so an answer cached for a collection that was forgotten stays dead. */
let lastVersion = 0;

/** An `add` or `upsert` that ChromaDB acknowledged. */
export interface AcknowledgedInsert {
  readonly ids: readonly string[];
  readonly body: InsertBody;
}

/** What stale reads may be answered from. */
export interface UnservedMirror {
  readonly handle: MirrorHandle;
  /** As `SyncedCollection.freshAtMs`. */
  readonly freshAtMs: number;
}

/** All that is kept of one collection. Only the files of this folder change it. */
export class SyncedCollection {
  state: MirrorState = 'cold';
  /** Moves with every write's end, whatever its outcome; answers of older versions are dead. */
  version = ++lastVersion;
  /**
   * Since then the collection is the same one, for certain: what was kept before is never given, not even as
   * stale, as it may be of a collection that was deleted.
   */
  unchangedSinceVersion = this.version;
  /** Present while loaded, warming, catching up, warm or drifted. */
  handle: MirrorHandle | undefined;
  /**
   * Milliseconds of the monotonic clock at which the mirror, or its last complete comparison, began to read
   * everything; later writes that went around Tidegate may be missing. Present while warm or drifted.
   */
  freshAtMs: number | undefined;
  /**
   * As `freshAtMs`, of the snapshot that the mirror was opened with: present until it is warm. Whatever was
   * read into it since is newer.
   */
  loadedFreshAtMs: number | undefined;
  /** As ChromaDB described the collection when the mirror was opened. */
  info: CollectionInfo | undefined;
  refusal: Refusal | undefined;
  /** Milliseconds of the monotonic clock before which a refused or failed collection stays as it is. */
  holdUntilMs = 0;
  /** The last snapshot that was taken or loaded. */
  snapshot: TakenSnapshot | undefined;
  /** Milliseconds of the monotonic clock from which on another one is taken, if there is anything new. */
  snapshotDueAtMs = 0;
  /** Present while a write is in doubt: neither mirror nor cached answers are served. */
  doubt: CollectionDoubt | undefined;
  /** Counts warm-ups begun and called off. */
  attempts = 0;
  /** The warm-up that runs, or the last one. */
  warmUp: WarmUpProgress | undefined;
  readonly demand = new CollectionDemand();
  readonly reconciliation = new Reconciliation();
  /** Writes sent and not ended. */
  writesInFlight = 0;
  readonly writeOrder = new WriteOrder();
  readonly writeWatch = new WriteWatch();
  readonly insertionOrder = new InsertionOrder();
  /** Ids written since they were last read back. */
  readonly dirty = new Set<string>();
  /** Bodies of writes that may have added records, not taken in yet, in the order in which they ended. */
  inserts: readonly AcknowledgedInsert[] = [];
  /** What was deleted since ids were last listed is not known, or not whether it was added again. */
  listingDue = false;
  /** More was written during the warm-up than is noted. */
  outrun = false;
  lag = new ReadBackLag();
  /** The read-back that is under way, and the one that will start after it. */
  running: Promise<void> = Promise.resolve();
  queued: Promise<void> | undefined;
  private presence = new AbortController();

  /** `target` names the path under which the mirror is filled. */
  constructor(public target: CollectionTarget) {}

  get serving(): ServingState {
    return this.doubt ? 'settling' : this.state;
  }

  /** Aborted when the present mirror, or the warm-up of it, is given up. */
  get givenUp(): AbortSignal {
    return this.presence.signal;
  }

  /** Milliseconds that it stays as it is before its mirror may be tried again. */
  heldForMs(nowMs: number): number {
    return Math.max(0, Math.round(this.holdUntilMs - nowMs));
  }

  moveVersion(): void {
    this.version = ++lastVersion;
  }

  /** What was kept before may be of a collection that is gone. */
  forbidOlder(): void {
    this.moveVersion();
    this.unchangedSinceVersion = this.version;
  }

  /** A mirror of the whole collection that may not be served: it lacks writes since `freshAtMs`. */
  get unserved(): UnservedMirror | undefined {
    const { handle, serving, doubt } = this;
    const freshAtMs = this.freshAtMs ?? this.loadedFreshAtMs;
    if (handle === undefined || freshAtMs === undefined || serving === 'warm') return undefined;
    return doubt?.mayBeGone ? undefined : { handle, freshAtMs };
  }

  /**
   * Notes what an acknowledged write may have touched, to be read back; its scope is not unknown.
   * @param body from which the mirror may know what was added without reading it back
   */
  note(write: SentWrite, body?: InsertBody): void {
    if (this.outrun) return;
    const { scope } = write;
    this.lag.note(performance.now());
    if (scope.kind !== 'named') this.listingDue = true;
    else if (this.state === 'warm' && scope.effect === 'insert' && body !== undefined)
      this.inserts = [...this.inserts, { ids: scope.ids, body }];
    else for (const id of scope.ids) this.dirty.add(id);
    // It will have ended when it is read back: until then its records may be added again.
    if (this.state === 'warming' && scope.kind === 'named' && scope.effect === 'remove')
      this.listingDue = true;
    this.insertionOrder.await(write);
    if (this.state === 'warming' && this.dirty.size > MAX_NOTED_RECORDS) {
      this.outrun = true;
      this.dirty.clear();
    }
  }

  /** What could not be read back is noted again; a listing then tells the order of all. */
  noteAgain(ids: readonly string[]): void {
    for (const id of ids) this.dirty.add(id);
    this.listingDue = true;
  }

  /** Notes what differs from ChromaDB, to be read back. */
  noteDrift({ read, list }: Drift): void {
    for (const id of read) this.dirty.add(id);
    this.listingDue ||= list;
  }

  /** Nothing waits to be read back. */
  get isClean(): boolean {
    return this.dirty.size === 0 && this.inserts.length === 0 && !this.listingDue;
  }

  beginWarming(target: CollectionTarget): void {
    this.target = target;
    this.state = 'warming';
    this.refusal = undefined;
    this.demand.mirroredSinceMs = performance.now();
    this.forgetChanges();
  }

  /** The warm-up failed, as ChromaDB is away: its mirror stays as it was loaded, for stale reads. */
  stayLoaded(holdUntilMs: number): void {
    this.state = 'loaded';
    this.holdUntilMs = holdUntilMs;
    this.forgetChanges();
  }

  /** The mirror's handle must have been closed. */
  leaveHotTier(state: MirrorState, holdUntilMs: number): void {
    this.handle = undefined;
    this.freshAtMs = undefined;
    this.loadedFreshAtMs = undefined;
    this.info = undefined;
    this.refusal = undefined;
    this.state = state;
    this.holdUntilMs = holdUntilMs;
    this.forgetChanges();
  }

  private forgetChanges(): void {
    this.attempts++;
    this.presence.abort();
    this.presence = new AbortController();
    this.dirty.clear();
    this.inserts = [];
    this.listingDue = false;
    this.outrun = false;
    this.lag = new ReadBackLag();
    this.insertionOrder.forget();
    this.running = Promise.resolve();
    this.queued = undefined;
  }
}
