import { Injectable } from '@nestjs/common';
import { FILLING } from '../hot/hot-protocol.js';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { TidegateError } from '../vector/errors.js';
import { MirrorOpening, type OpenedMirror } from './mirror-opening.service.js';
import { ReadBack } from './read-back.job.js';
import { restMs } from './reading-share.js';
import { SyncConfig } from './sync.config.js';
import type { WarmUpAttempt } from './warm-up-attempt.js';
import { isPassing } from './warm-up-ending.js';

/**
 * Fills a mirror from ChromaDB, page by page, while writes go on, and ends exact: ids are listed once, as one
 * consistent reading, and their records read by id, so that deletes shift no page; what is written meanwhile
 * is noted and read back at the end. Where ChromaDB fails on the way, it is waited for, and what was read is
 * kept.
 */
@Injectable()
export class MirrorFilling {
  constructor(
    private readonly config: SyncConfig,
    private readonly opening: MirrorOpening,
    private readonly readBack: ReadBack,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when the attempt's collection is warm.
   * @throws Refused, MirrorFull, CalledOff, Outrun, CollectionChanged; TidegateError where ChromaDB, or the
   * mirror, fails
   */
  async run(attempt: WarmUpAttempt): Promise<void> {
    const { collection, progress } = attempt;
    const opened = await this.opening.open(collection, () => attempt.isCurrent());
    progress.begin(opened.ids.length, performance.now());
    for (let start = 0; start < opened.ids.length; start += this.config.pageRecords) {
      const page = opened.ids.slice(start, start + this.config.pageRecords);
      const tookMs = await this.persist(attempt, () => this.copy(attempt, opened, page));
      progress.advance(page.length, opened.handle.usage.bytes, performance.now());
      await attempt.pause(restMs(tookMs, this.config.warmSharePercent));
    }
    await this.persist(attempt, () => this.opening.arrange(opened));
    // Once while writes go on, so that little is left for when they wait.
    await this.persist(attempt, () => this.readBack.flush(collection));
    await this.persist(attempt, () => collection.writeOrder.runAlone(() => this.becomeWarm(attempt, opened)));
  }

  /** @returns the milliseconds it took */
  private async copy(attempt: WarmUpAttempt, opened: OpenedMirror, page: readonly string[]): Promise<number> {
    const { collection } = attempt;
    const startedMs = performance.now();
    await this.readBack.copy(collection.target, opened.handle, page, () => {
      attempt.check();
      this.opening.reckon(collection, opened);
      return FILLING;
    });
    return performance.now() - startedMs;
  }

  /**
   * Reads back what is left, alone, between two writes, so that nothing is half reflected when the mirror
   * becomes warm.
   */
  private async becomeWarm(attempt: WarmUpAttempt, { freshAtMs }: OpenedMirror): Promise<void> {
    const { collection } = attempt;
    attempt.check();
    collection.state = 'catching-up';
    try {
      await this.readBack.flush(collection);
      attempt.check();
    } catch (error) {
      // Writes do not wait until ChromaDB is back, but are noted again.
      if (attempt.isCurrent()) collection.state = 'warming';
      throw error;
    }
    collection.state = 'warm';
    // What a snapshot had was not read again.
    collection.freshAtMs = freshAtMs ?? attempt.startedMs;
    collection.loadedFreshAtMs = undefined;
  }

  /** Does a step, again and again while ChromaDB fails at it and patience lasts. */
  private async persist<T>(attempt: WarmUpAttempt, step: () => Promise<T>): Promise<T> {
    for (let again = false; ; again = true) {
      const startedMs = performance.now();
      try {
        if (again) await this.opening.recheck(attempt.collection);
        attempt.check();
        const result = await step();
        attempt.patience.renew();
        return result;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.wait(attempt, error, performance.now() - startedMs);
      }
    }
  }

  /** @throws the failure itself where patience is at its end; CalledOff, Outrun */
  private async wait(attempt: WarmUpAttempt, failure: TidegateError, failureMs: number): Promise<void> {
    const pauseMs = attempt.patience.pauseMs(failureMs);
    if (pauseMs === undefined) throw failure;
    attempt.progress.pauses++;
    this.metrics.warmUpPaused(failure.code);
    const { id } = attempt.collection.target;
    this.log.warn('warm-up-paused', { collection: id, pauseMs, message: failure.message });
    await attempt.pause(pauseMs);
  }
}
