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
    const collections = this.registry.list();
    this.metrics.hot({
      mirrorsByState: this.registry.countByState(),
      records: this.mirrors.heldRecords(),
      bytes: this.mirrors.heldBytes(),
      limitBytes: this.mirrors.limitBytes,
    });
    const doubts = collections.flatMap(({ doubt }) => doubt ?? []);
    this.metrics.inDoubtNow(doubts.length, oldestSeconds(doubts.map(({ since }) => since)));
    const snapshots = collections.flatMap(({ handle, snapshot }) => (handle && snapshot) ?? []);
    const snapshotBytes = snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
    const takenAt = snapshots.map((snapshot) => new Date(snapshot.takenAt));
    this.metrics.snapshotsKept(oldestSeconds(takenAt), snapshotBytes);
    this.metrics.collectionMirrors(collections.flatMap(bytesOf));
    this.metrics.comparisonAges(collections.flatMap(ageOf));
    this.metrics.runningWarmUps(collections.flatMap(runningWarmUpOf));
    this.metrics.answerCache(this.answers.entries, this.answers.bytes);
  }
}

function runningWarmUpOf({ target, warmUp }: SyncedCollection) {
  return warmUp?.isRunning ? [{ collection: target.id, ...warmUp.report(performance.now()) }] : [];
}

function bytesOf({ target, handle }: SyncedCollection) {
  return handle ? [{ collection: target.id, bytes: handle.usage.bytes }] : [];
}

function ageOf({ target, freshAtMs }: SyncedCollection) {
  if (freshAtMs === undefined) return [];
  return [{ collection: target.id, seconds: (performance.now() - freshAtMs) / 1000 }];
}

/** 0 where there is none. */
function oldestSeconds(moments: readonly Date[]): number {
  const nowMs = Date.now();
  return (nowMs - Math.min(nowMs, ...moments.map((moment) => moment.getTime()))) / 1_000;
}
