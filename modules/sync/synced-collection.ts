import type { CollectionInfo } from '../chroma/collection-info.js';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { InsertionOrder, type SentWrite } from './insertion-order.js';
import type { MirrorState, Refusal } from './mirror-state.js';
import { CollectionDemand } from './collection-demand.js';
import { WriteOrder } from './write-order.js';

/** Versions are never used twice, so an answer cached for a collection that was forgotten stays dead. */
let lastVersion = 0;

/** An `add` or `upsert` that ChromaDB acknowledged. */
export interface AcknowledgedInsert {
  readonly ids: readonly string[];
  readonly body: Uint8Array;
}

/** All that is kept of one collection. Only the files of this folder change it. */
export class SyncedCollection {
  state: MirrorState = 'cold';
  /** Moves with every write's end, whatever its outcome; answers of older versions are dead. */
  version = ++lastVersion;
  /** Present while warming, catching up or warm. */
  handle: MirrorHandle | undefined;
  /**
   * Milliseconds of the monotonic clock at which the mirror began to read everything; later writes that went
   * around Tidegate may be missing. Present while warm.
   */
  freshAtMs: number | undefined;
  /** As ChromaDB described the collection when the mirror was opened. */
  info: CollectionInfo | undefined;
  refusal: Refusal | undefined;
  /**
   * Milliseconds of the monotonic clock before which a settling, refused or failed collection stays as it
   * is.
   */
  holdUntilMs = 0;
  /** Counts warm-ups begun and called off. */
  attempts = 0;
  readonly demand = new CollectionDemand();
  /** Writes sent and not ended. */
  writesInFlight = 0;
  readonly writeOrder = new WriteOrder();
  readonly insertionOrder = new InsertionOrder();
  /** Ids written since they were last read back. */
  readonly dirty = new Set<string>();
  /** Bodies of writes that may have added records, not taken in yet, in the order in which they ended. */
  inserts: readonly AcknowledgedInsert[] = [];
  /** What was deleted since ids were last listed is not known, or not whether it was added again. */
  listingDue = false;
  /** The read-back that is under way, and the one that will start after it. */
  running: Promise<void> = Promise.resolve();
  queued: Promise<void> | undefined;

  /** `target` names the path under which the mirror is filled. */
  constructor(public target: CollectionTarget) {}

  moveVersion(): void {
    this.version = ++lastVersion;
  }

  /**
   * Notes what an acknowledged write may have touched, to be read back; its scope is not unknown.
   * @param body from which the mirror may know what was added without reading it back
   */
  note(write: SentWrite, body?: Uint8Array): void {
    const { scope } = write;
    if (scope.kind !== 'named') this.listingDue = true;
    else if (this.state === 'warm' && scope.effect === 'insert' && body)
      this.inserts = [...this.inserts, { ids: scope.ids, body }];
    else for (const id of scope.ids) this.dirty.add(id);
    // It will have ended when it is read back: until then its records may be added again.
    if (this.state === 'warming' && scope.kind === 'named' && scope.effect === 'remove')
      this.listingDue = true;
    this.insertionOrder.await(write);
  }

  beginWarming(target: CollectionTarget): void {
    this.target = target;
    this.state = 'warming';
    this.refusal = undefined;
    this.demand.mirroredSinceMs = performance.now();
    this.forgetChanges();
  }

  /** The mirror's handle must have been closed. */
  leaveHotTier(state: MirrorState, holdUntilMs: number): void {
    this.handle = undefined;
    this.freshAtMs = undefined;
    this.info = undefined;
    this.refusal = undefined;
    this.state = state;
    this.holdUntilMs = holdUntilMs;
    this.forgetChanges();
  }

  private forgetChanges(): void {
    this.attempts++;
    this.dirty.clear();
    this.inserts = [];
    this.listingDue = false;
    this.insertionOrder.forget();
    this.running = Promise.resolve();
    this.queued = undefined;
  }
}
