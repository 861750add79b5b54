import type { MirrorHandle } from '../hot/mirrors.service.js';
import { isFilled } from './mirror-state.js';
import type { Pass } from './reconciliation.js';
import type { SyncedCollection } from './synced-collection.js';

/** What a comparison looked at is not the collection's mirror any more, or not known to follow its writes. */
export class PassCalledOff extends Error {
  constructor() {
    super('the mirror that was compared is gone, or a write to it is in doubt');
  }
}

/** A pass over the mirror that the collection has when it begins. */
export class CollectionPass {
  readonly handle: MirrorHandle;
  private readonly attempts: number;

  /** @throws PassCalledOff when there is no filled mirror */
  constructor(
    readonly collection: SyncedCollection,
    readonly pass: Pass,
  ) {
    const { handle, attempts } = collection;
    if (handle === undefined) throw new PassCalledOff();
    this.handle = handle;
    this.attempts = attempts;
    this.check();
  }

  get isCurrent(): boolean {
    return this.collection.attempts === this.attempts && isFilled(this.collection.serving);
  }

  /** To be asked after each wait: nothing that was seen counts otherwise. */
  check(): void {
    if (!this.isCurrent) throw new PassCalledOff();
  }
}
