import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { CollectionTarget } from '../vector/collection-id.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { isIdle } from './mirror-state.js';
import { MirrorFilling } from './mirror-filling.service.js';
import { Patience } from './patience.js';
import { Room } from './room.service.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';
import { WarmUpAttempt } from './warm-up-attempt.js';
import { isPassing, outcomeOf, refusalBy } from './warm-up-ending.js';

/** Starts warm-ups of mirrors, and sees to how they end. */
@Injectable()
export class WarmUp implements OnModuleDestroy {
  /** Warm-ups that have begun and not ended. */
  running = 0;
  /** No warm-up begins meanwhile: memory is short. */
  isHeld = false;
  private readonly stopping = new AbortController();

  constructor(
    private readonly config: SyncConfig,
    private readonly filling: MirrorFilling,
    private readonly room: Room,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /**
   * Starts a warm-up unless one runs, the mirror is there, or it is too early to try again. Never throws.
   * @param ended called when a warm-up that was started is over, however it ended
   */
  start(collection: SyncedCollection, target: CollectionTarget, ended = (): void => undefined): void {
    const { state } = collection;
    if (
      !isIdle(state) ||
      this.isHeld ||
      this.stopping.signal.aborted ||
      performance.now() < collection.holdUntilMs
    )
      return;
    // What it read could not be told from what is still to change.
    if (collection.doubt?.anyRecord) return;
    // A mirror that is loaded is of its own path.
    collection.beginWarming(state === 'loaded' ? collection.target : target);
    const patience = new Patience(this.config.warmPatienceMs);
    this.running++;
    void this.run(new WarmUpAttempt(collection, patience, this.stopping.signal)).finally(() => {
      this.running--;
      ended();
    });
  }

  private async run(attempt: WarmUpAttempt): Promise<void> {
    const { collection, progress } = attempt;
    try {
      await this.filling.run(attempt);
      this.metrics.warmUp('ok');
      progress.end('ok', performance.now());
      const { records, bytes } = collection.handle?.usage ?? {};
      const { pauses, tookMs: ms } = progress.report(performance.now());
      this.log.info('mirror-warm', { collection: collection.target.id, records, bytes, pauses, ms });
    } catch (error) {
      this.fail(attempt, error);
    }
  }

  private fail(attempt: WarmUpAttempt, error: unknown): void {
    const { collection, progress } = attempt;
    const refusal = refusalBy(error);
    const outcome = outcomeOf(error, !attempt.isCurrent());
    const message = messageOf(error);
    progress.end(outcome, performance.now(), message);
    this.metrics.warmUp(outcome);
    if (refusal === 'over-budget') this.metrics.placement('rejected');
    this.log.warn('mirror-not-warmed', { collection: collection.target.id, outcome, refusal, message });
    if (!attempt.isCurrent()) return;
    if (isPassing(error) && collection.unserved) this.room.keepLoaded(collection);
    else this.room.release(collection, refusal);
  }
}
