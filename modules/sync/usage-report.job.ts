import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AnswerCache } from '../hot/answer-cache.store.js';
import { Mirrors } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import type { SyncedCollection } from './synced-collection.js';

const REPORT_MS = 1_000;

/** Tells the metrics, once a second, what the hot tiers hold. */
@Injectable()
export class UsageReport implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: CollectionRegistry,
    private readonly mirrors: Mirrors,
    private readonly answers: AnswerCache,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.report();
    this.timer = setInterval(() => {
      this.report();
    }, REPORT_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private report(): void {
    this.metrics.hot({
      mirrorsByState: this.registry.countByState(),
      records: this.mirrors.heldRecords(),
      bytes: this.mirrors.heldBytes(),
      limitBytes: this.mirrors.limitBytes,
    });
    const doubts = this.registry.list().flatMap(({ doubt }) => doubt ?? []);
    const oldestMs = Math.min(Date.now(), ...doubts.map(({ since }) => since.getTime()));
    this.metrics.inDoubtNow(doubts.length, doubts.length === 0 ? 0 : (Date.now() - oldestMs) / 1_000);
    const snapshots = this.registry.list().flatMap(({ handle, snapshot }) => (handle && snapshot) ?? []);
    const oldestTakenMs = Math.min(Date.now(), ...snapshots.map(({ takenAt }) => Date.parse(takenAt)));
    const snapshotBytes = snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
    this.metrics.snapshotsKept((Date.now() - oldestTakenMs) / 1_000, snapshotBytes);
    this.metrics.collectionMirrors(this.registry.list().flatMap(bytesOf));
    this.metrics.runningWarmUps(this.registry.list().flatMap(runningWarmUpOf));
    this.metrics.answerCache(this.answers.entries, this.answers.bytes);
  }
}

function runningWarmUpOf({ target, warmUp }: SyncedCollection) {
  return warmUp?.isRunning ? [{ collection: target.id, ...warmUp.report(performance.now()) }] : [];
}

function bytesOf({ target, handle }: SyncedCollection) {
  return handle ? [{ collection: target.id, bytes: handle.usage.bytes }] : [];
}
