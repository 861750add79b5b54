import { Injectable } from '@nestjs/common';
import type { DriftKind } from '../vector/drift-kind.js';
import { Exposition, Instruments } from './instruments.service.js';

export type CallOutcome = 'ok' | 'refused' | 'failed' | 'timeout' | 'rejected' | 'aborted';

/** What the hot tier holds at one moment; sizes in bytes. */
export interface HotUsage {
  readonly mirrorsByState: Readonly<Record<string, number>>;
  readonly records: number;
  readonly bytes: number;
  readonly limitBytes: number;
}

/** Bytes of one collection's mirror. */
export interface MirrorSize {
  readonly collection: string;
  readonly bytes: number;
}

/** What became of a collection that wanted a mirror, or of one that had it. */
export type PlacementDecision =
  'admitted' | 'evicted' | 'rejected' | 'outgrown' | 'banned' | 'dismissed' | 'shed';

/** How a warm-up ends. */
export type WarmUpOutcome =
  | 'ok'
  /** ChromaDB or the mirror failed. */
  | 'failed'
  /** The collection cannot be mirrored for now. */
  | 'refused'
  /** Something took the collection out of the hot tier meanwhile: an operator, a write in doubt. */
  | 'cancelled'
  /** More was written meanwhile than is noted. */
  | 'outrun';

/** A warm-up that runs. */
export interface RunningWarmUp {
  readonly collection: string;
  readonly recordsDone: number;
  /** Null until they are listed. */
  readonly recordsAll: number | null;
  readonly bytes: number;
  readonly recordsPerSecond: number;
  /** Null while it is not known. */
  readonly secondsLeft: number | null;
}

/** The time since a collection's mirror was last known to equal ChromaDB. */
export interface ComparisonAge {
  readonly collection: string;
  readonly seconds: number;
}

/**
 * What a check of count and description told: disturbed by a write, which may be why they differ; or that
 * the collection is another one.
 */
export type DriftCheckOutcome = 'same' | 'differs' | 'disturbed' | 'changed' | 'failed';

/** Mirrors whose size, or age, is exposed one by one. */
const MAX_EXPOSED_MIRRORS = 50;

/**
 * Prometheus instruments of reads, writes and mirrors. Of collections, only the ids of the 50 largest, or
 * oldest, mirrors and of the warm-ups that run become labels.
 */
@Injectable()
export class Metrics extends Instruments {
  private readonly requests = this.tally('requests_total', 'Requests by route and status.', [
    'route',
    'status',
  ]);
  private readonly requestSeconds = this.histogram(
    'request_duration_seconds',
    'Time from the first byte in to the last byte out, by route.',
    ['route'],
  );
  private readonly answers = this.tally(
    'answers_total',
    'Reads answered, by tier and by the reason it was chosen.',
    ['tier', 'reason'],
  );
  private readonly answerSeconds = this.histogram(
    'answer_duration_seconds',
    'Time a tier took for one answer.',
    ['tier'],
  );
  private readonly tierFailures = this.counter(
    'tier_failures_total',
    'Answers a tier was asked for and could not give; the next tier was tried.',
    ['tier', 'cause'],
  );
  private readonly sharedAnswers = this.counter(
    'shared_answers_total',
    'Reads that took the answer another caller was already waiting for, by tier.',
    ['tier'],
  );
  private readonly chromaCalls = this.counter(
    'chroma_requests_total',
    'Calls to ChromaDB by kind and outcome.',
    ['kind', 'outcome'],
  );
  private readonly chromaSeconds = this.histogram(
    'chroma_request_duration_seconds',
    'Time until ChromaDB answered with its headers, by kind.',
    ['kind'],
  );
  private readonly writes = this.counter('writes_total', 'Writes by kind and outcome.', ['kind', 'outcome']);
  private readonly reflections = this.counter(
    'insert_reflections_total',
    'Acknowledged adds and upserts that mirrors followed: reproduced, or read back.',
    ['how'],
  );
  private readonly readBacks = this.counter(
    'read_backs_total',
    'Times touched records were read back into a mirror, by outcome.',
    ['outcome'],
  );
  private readonly warmUps = this.counter('warm_ups_total', 'Warm-ups of mirrors by outcome.', ['outcome']);
  private readonly warmUpPauses = this.counter(
    'warm_up_pauses_total',
    'Times a warm-up waited for a ChromaDB that failed, by the failure.',
    ['cause'],
  );
  private readonly warmUpRecordsDone = this.gauge(
    'warm_up_done_records',
    'Records that a running warm-up has read.',
    ['collection'],
  );
  private readonly warmUpRecordsAll = this.gauge(
    'warm_up_all_records',
    'Records that a running warm-up has to read.',
    ['collection'],
  );
  private readonly warmUpBytes = this.gauge(
    'warm_up_bytes',
    'Memory held by a mirror that is being filled.',
    ['collection'],
  );
  private readonly warmUpRate = this.gauge(
    'warm_up_records_per_second',
    'Records that a running warm-up reads a second, of late.',
    ['collection'],
  );
  private readonly warmUpLeft = this.gauge(
    'warm_up_left_seconds',
    'Time until a running warm-up has read all records, at its present rate.',
    ['collection'],
  );
  private readonly inDoubt = this.counter(
    'in_doubt_total',
    'Writes whose outcome was unknown; their collections left the hot tiers.',
    [],
  );
  private readonly doubtedCollections = this.gauge(
    'in_doubt_collections',
    'Collections out of the hot tiers because a write has not settled.',
    [],
  );
  private readonly doubtSeconds = this.gauge(
    'in_doubt_oldest_seconds',
    'Time since the oldest write came in doubt that has not settled.',
    [],
  );
  private readonly snapshotUses = this.counter(
    'snapshots_total',
    'Snapshots of mirrors taken and loaded, by outcome.',
    ['use', 'outcome'],
  );
  private readonly snapshotAge = this.gauge(
    'snapshot_oldest_seconds',
    'Age of the oldest snapshot of a mirror.',
    [],
  );
  private readonly snapshotBytes = this.gauge('snapshot_bytes', 'Size of all snapshots on disk.', []);
  private readonly journalFailures = this.counter(
    'journal_failures_total',
    'Times the journal of writes could not be used.',
    ['use'],
  );
  private readonly workerRestarts = this.counter(
    'worker_restarts_total',
    'Mirror workers replaced after they died.',
    [],
  );
  private readonly storeRestarts = this.counter(
    'store_restarts_total',
    'Restarts of the embedded ChromaDB.',
    [],
  );
  private readonly flagReads = this.tally('flag_evaluations_total', 'Flag evaluations by flag and variant.', [
    'flag',
    'variant',
  ]);
  private readonly flagReloads = this.counter('flag_reloads_total', 'Reloads of the flag file by outcome.', [
    'outcome',
  ]);
  private readonly mirrors = this.gauge('mirrors', 'Collections by the state of their mirror.', ['state']);
  private readonly mirrorRecords = this.gauge('mirror_records', 'Records held in mirrors.', []);
  private readonly mirrorBytes = this.gauge('mirror_bytes', 'Memory held by mirrors.', []);
  private readonly collectionMirrorBytes = this.gauge(
    'collection_mirror_bytes',
    'Memory held by the mirror of a collection; of the 50 largest only.',
    ['collection'],
  );
  private readonly placements = this.counter(
    'placements_total',
    'Decisions on which collections are mirrored.',
    ['decision'],
  );
  private readonly pinnedCollections = this.gauge('pins', 'Collections by the pin an operator set.', ['pin']);
  private readonly pinFileUses = this.counter('pin_file_uses_total', 'Uses of the pin file by outcome.', [
    'use',
    'outcome',
  ]);
  private readonly driftRecords = this.counter(
    'drift_records_total',
    'Records of mirrors that differed from ChromaDB, as somebody wrote past Tidegate, by kind.',
    ['kind'],
  );
  private readonly driftRepairs = this.counter(
    'drift_repaired_total',
    'Records of mirrors that differed from ChromaDB and were made equal.',
    [],
  );
  private readonly driftChecks = this.counter(
    'drift_checks_total',
    'Checks of count and description of mirrored collections, by outcome.',
    ['outcome'],
  );
  private readonly reconciles = this.counter(
    'reconciles_total',
    'Comparisons of mirrors with whole collections, by outcome.',
    ['outcome'],
  );
  private readonly driftedMirrors = this.counter(
    'drifted_mirrors_total',
    'Mirrors taken out of service for too much drift, and back.',
    ['move'],
  );
  private readonly intervalSeconds = this.gauge(
    'reconcile_interval_seconds',
    'Time within which every mirror is to be compared with ChromaDB.',
    [],
  );
  private readonly oldestComparisonSeconds = this.gauge(
    'oldest_comparison_seconds',
    'Longest time for which a mirror has not been compared with ChromaDB.',
    [],
  );
  private readonly comparisonSeconds = this.gauge(
    'collection_comparison_seconds',
    'Time since the mirror of a collection was compared with ChromaDB; of the 50 oldest only.',
    ['collection'],
  );
  private readonly hotLimitBytes = this.gauge(
    'hot_memory_limit_bytes',
    'Memory the mirrors may hold together.',
    [],
  );
  private readonly cacheBytes = this.gauge('answer_cache_bytes', 'Memory held by the answer cache.', []);
  private readonly cacheEntries = this.gauge('answer_cache_entries', 'Answers held by the answer cache.', []);

  constructor(exposition: Exposition = new Exposition()) {
    super(exposition);
  }

  /** `route` is a route's name, never a path. */
  request(route: string, status: number, seconds: number): void {
    this.requests.add(route, status);
    this.requestSeconds.observe({ route }, seconds);
  }

  answer(tier: string, reason: string, seconds: number): void {
    this.answers.add(tier, reason);
    this.answerSeconds.observe({ tier }, seconds);
  }

  tierFailed(tier: string, cause: string): void {
    this.tierFailures.inc({ tier, cause });
  }

  answerShared(tier: string): void {
    this.sharedAnswers.inc({ tier });
  }

  chromaCall(kind: string, outcome: CallOutcome, seconds: number): void {
    this.chromaCalls.inc({ kind, outcome });
    this.chromaSeconds.observe({ kind }, seconds);
  }

  write(kind: string, outcome: CallOutcome): void {
    this.writes.inc({ kind, outcome });
  }

  /** A mirror followed an insert: from the write's own body, or by reading its records back. */
  insertReflected(how: 'reproduced' | 'read-back'): void {
    this.reflections.inc({ how });
  }

  readBack(outcome: 'ok' | 'failed'): void {
    this.readBacks.inc({ outcome });
  }

  warmUp(outcome: WarmUpOutcome): void {
    this.warmUps.inc({ outcome });
  }

  warmUpPaused(cause: string): void {
    this.warmUpPauses.inc({ cause });
  }

  /** Exposes the warm-ups that run, of which there are few at a time; what is not known is left out. */
  runningWarmUps(running: readonly RunningWarmUp[]): void {
    const { warmUpRecordsDone, warmUpRecordsAll, warmUpBytes, warmUpRate, warmUpLeft } = this;
    for (const gauge of [warmUpRecordsDone, warmUpRecordsAll, warmUpBytes, warmUpRate, warmUpLeft])
      gauge.reset();
    for (const { collection, recordsDone, recordsAll, bytes, recordsPerSecond, secondsLeft } of running) {
      warmUpRecordsDone.set({ collection }, recordsDone);
      if (recordsAll !== null) warmUpRecordsAll.set({ collection }, recordsAll);
      warmUpBytes.set({ collection }, bytes);
      warmUpRate.set({ collection }, recordsPerSecond);
      if (secondsLeft !== null) warmUpLeft.set({ collection }, secondsLeft);
    }
  }

  writeInDoubt(): void {
    this.inDoubt.inc();
  }

  /** Collections in doubt now, and for how long the oldest has been. */
  inDoubtNow(collections: number, oldestSeconds: number): void {
    this.doubtedCollections.set(collections);
    this.doubtSeconds.set(oldestSeconds);
  }

  /** `outdated`: of another collection or store, or nobody knows what was written since. */
  snapshot(use: 'take' | 'load', outcome: 'ok' | 'failed' | 'refused' | 'outdated'): void {
    this.snapshotUses.inc({ use, outcome });
  }

  /** Age of the oldest snapshot of a mirror, and bytes of all. */
  snapshotsKept(oldestSeconds: number, bytes: number): void {
    this.snapshotAge.set(oldestSeconds);
    this.snapshotBytes.set(bytes);
  }

  journalFailed(use: 'read' | 'write'): void {
    this.journalFailures.inc({ use });
  }

  workerRestarted(): void {
    this.workerRestarts.inc();
  }

  storeRestarted(): void {
    this.storeRestarts.inc();
  }

  flag(flag: string, variant: string): void {
    this.flagReads.add(flag, variant);
  }

  flagReload(outcome: 'ok' | 'refused'): void {
    this.flagReloads.inc({ outcome });
  }

  hot(usage: HotUsage): void {
    this.mirrors.reset();
    for (const [state, count] of Object.entries(usage.mirrorsByState)) this.mirrors.set({ state }, count);
    this.mirrorRecords.set(usage.records);
    this.mirrorBytes.set(usage.bytes);
    this.hotLimitBytes.set(usage.limitBytes);
  }

  /** Exposes the largest mirrors. */
  collectionMirrors(sizes: readonly MirrorSize[]): void {
    this.collectionMirrorBytes.reset();
    const largest = sizes.toSorted((a, b) => b.bytes - a.bytes).slice(0, MAX_EXPOSED_MIRRORS);
    for (const { collection, bytes } of largest) this.collectionMirrorBytes.set({ collection }, bytes);
  }

  placement(decision: PlacementDecision): void {
    this.placements.inc({ decision });
  }

  pins(counts: Readonly<Record<'always' | 'never', number>>): void {
    for (const [pin, count] of Object.entries(counts)) this.pinnedCollections.set({ pin }, count);
  }

  pinFile(use: 'read' | 'write', outcome: 'ok' | 'failed'): void {
    this.pinFileUses.inc({ use, outcome });
  }

  drift(counts: Readonly<Record<DriftKind, number>>): void {
    for (const [kind, count] of Object.entries(counts)) if (count > 0) this.driftRecords.inc({ kind }, count);
  }

  driftRepaired(records: number): void {
    this.driftRepairs.inc(records);
  }

  driftCheck(outcome: DriftCheckOutcome): void {
    this.driftChecks.inc({ outcome });
  }

  reconcile(outcome: 'ok' | 'failed' | 'called-off'): void {
    this.reconciles.inc({ outcome });
  }

  driftedMirror(move: 'out' | 'back'): void {
    this.driftedMirrors.inc({ move });
  }

  reconcileInterval(seconds: number): void {
    this.intervalSeconds.set(seconds);
  }

  /** Exposes the oldest. */
  comparisonAges(ages: readonly ComparisonAge[]): void {
    this.comparisonSeconds.reset();
    const oldest = ages.toSorted((a, b) => b.seconds - a.seconds).slice(0, MAX_EXPOSED_MIRRORS);
    for (const { collection, seconds } of oldest) this.comparisonSeconds.set({ collection }, seconds);
    this.oldestComparisonSeconds.set(oldest.at(0)?.seconds ?? 0);
  }

  answerCache(entries: number, bytes: number): void {
    this.cacheEntries.set(entries);
    this.cacheBytes.set(bytes);
  }
}
