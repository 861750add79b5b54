import type { CollectionInfo } from '../chroma/collection-info.js';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import type { MirrorState, Refusal } from './mirror-state.js';
import { CollectionDemand } from './collection-demand.js';
import { WriteOrder } from './write-order.js';

/** Versions are never used twice, so an answer cached for a collection that was forgotten stays dead. */
let lastVersion = 0;

/** All that is kept of one collection. Only the files of this folder change it. */
export class SyncedCollection {
  state: MirrorState = 'cold';
  /** Moves with every write's end, whatever its outcome; answers of older versions are dead. */
  version = ++lastVersion;
  /** Present while warming, catching up or warm. */
  handle: MirrorHandle | undefined;
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
  /** Ids written since they were last read back. */
  readonly dirty = new Set<string>();
  /** A delete by filter happened since ids were last listed. */
  listingDue = false;
  /** The read-back that is under way, and the one that will start after it. */
  running: Promise<void> = Promise.resolve();
  queued: Promise<void> | undefined;

  /** `target` names the path under which the mirror is filled. */
  constructor(public target: CollectionTarget) {}

  moveVersion(): void {
    this.version = ++lastVersion;
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
    this.info = undefined;
    this.refusal = undefined;
    this.state = state;
    this.holdUntilMs = holdUntilMs;
    this.forgetChanges();
  }

  private forgetChanges(): void {
    this.attempts++;
    this.dirty.clear();
    this.listingDue = false;
    this.running = Promise.resolve();
    this.queued = undefined;
  }
}
