import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { MirrorFull } from '../hot/mirror-full.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { MirrorOpening } from './mirror-opening.service.js';
import type { Refusal } from './mirror-state.js';
import { ReadBack } from './read-back.job.js';
import { Room } from './room.service.js';
import type { SyncedCollection } from './synced-collection.js';
import { CalledOff, Refused } from './warm-up-ending.js';

/**
 * Fills a mirror from ChromaDB, page by page, while writes go on, and ends exact: ids are listed once, as one
 * consistent reading, and their records read by id, so that deletes shift no page; what is written meanwhile
 * is noted and read back at the end.
 */
@Injectable()
export class WarmUp implements OnModuleDestroy {
  /** Warm-ups that have begun and not ended. */
  running = 0;
  private stopping = false;

  constructor(
    private readonly opening: MirrorOpening,
    private readonly readBack: ReadBack,
    private readonly room: Room,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onModuleDestroy(): void {
    this.stopping = true;
  }

  /**
   * Starts a warm-up unless one runs, the mirror is there, or it is too early to try again. Never throws.
   * @param ended called when a warm-up that was started is over, however it ended
   */
  start(collection: SyncedCollection, target: CollectionTarget, ended = (): void => undefined): void {
    const idle = collection.state === 'cold' || collection.state === 'refused';
    if (!idle || this.stopping || performance.now() < collection.holdUntilMs) return;
    collection.beginWarming(target);
    this.running++;
    void this.run(new Attempt(collection)).finally(() => {
      this.running--;
      ended();
    });
  }

  private async run(attempt: Attempt): Promise<void> {
    const started = performance.now();
    const { collection } = attempt;
    try {
      const opened = await this.opening.open(collection, () => attempt.isCurrent());
      await this.readBack.copy(collection.target, opened.handle, opened.ids, () => {
        attempt.check();
        if (this.stopping) throw new CalledOff();
        this.opening.reckon(collection, opened);
      });
      await this.catchUp(attempt);
      this.metrics.warmUp('ok');
      const { records, bytes } = opened.handle.usage;
      const ms = Math.round(performance.now() - started);
      this.log.info('mirror-warm', { collection: collection.target.id, records, bytes, ms });
    } catch (error) {
      this.fail(attempt, error);
    }
  }

  /**
   * Reads back what was written since the warm-up began: once while writes go on, then the little that is
   * left alone, between two writes, so that nothing is half reflected when the mirror becomes warm.
   */
  private async catchUp(attempt: Attempt): Promise<void> {
    const { collection } = attempt;
    attempt.check();
    await this.readBack.flush(collection);
    await collection.writeOrder.runAlone(async () => {
      attempt.check();
      collection.state = 'catching-up';
      await this.readBack.flush(collection);
      attempt.check();
      collection.state = 'warm';
      collection.freshAtMs = attempt.startedMs;
    });
  }

  private fail(attempt: Attempt, error: unknown): void {
    const { collection } = attempt;
    const refusal = refusalBy(error);
    this.metrics.warmUp(refusal ? 'refused' : 'failed');
    if (refusal === 'over-budget') this.metrics.placement('rejected');
    const fields = { collection: collection.target.id, refusal, message: messageOf(error) };
    this.log.warn('mirror-not-warmed', fields);
    if (attempt.isCurrent()) this.room.release(collection, refusal);
  }
}

function refusalBy(error: unknown): Refusal | undefined {
  if (error instanceof MirrorFull) return 'over-budget';
  return error instanceof Refused ? error.refusal : undefined;
}

/** One run of the job; whatever takes the collection out of the hot tier ends it. */
class Attempt {
  readonly startedMs = performance.now();
  private readonly number: number;

  constructor(readonly collection: SyncedCollection) {
    this.number = collection.attempts;
  }

  isCurrent(): boolean {
    return this.collection.attempts === this.number;
  }

  check(): void {
    if (!this.isCurrent()) throw new CalledOff();
  }
}
