import { setTimeout as sleep } from 'node:timers/promises';
import type { Patience } from './patience.js';
import type { SyncedCollection } from './synced-collection.js';
import { CalledOff, Outrun } from './warm-up-ending.js';
import { WarmUpProgress } from './warm-up-progress.js';

/** One warm-up of a collection; whatever takes the collection out of the hot tier ends it. */
export class WarmUpAttempt {
  readonly startedMs = performance.now();
  readonly progress = new WarmUpProgress(this.startedMs);
  private readonly ended: AbortSignal;

  /** The collection must have begun to warm. */
  constructor(
    readonly collection: SyncedCollection,
    readonly patience: Patience,
    stopping: AbortSignal,
  ) {
    this.ended = AbortSignal.any([collection.givenUp, stopping]);
    collection.warmUp = this.progress;
  }

  isCurrent(): boolean {
    return !this.ended.aborted;
  }

  /** @throws CalledOff; Outrun */
  check(): void {
    if (!this.isCurrent()) throw new CalledOff();
    if (this.collection.outrun) throw new Outrun();
  }

  /**
   * Lets time pass, but not when the warm-up has been called off.
   * @throws CalledOff; Outrun
   */
  async pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    // However the pause ends, what counts is whether the warm-up may go on.
    await sleep(milliseconds, undefined, { signal: this.ended, ref: false }).catch(() => undefined);
    this.check();
  }
}
