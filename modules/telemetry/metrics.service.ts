import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Bucket edges in seconds; 3 ms and 45 ms are the usual figures of the field, so each is an edge. */
const LATENCY_BUCKETS_SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.045, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

export type BreakerState = 'closed' | 'half-open' | 'open';
export type CallOutcome = 'ok' | 'refused' | 'failed' | 'timeout' | 'rejected' | 'aborted';

const BREAKER_LEVEL: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };

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
export type PlacementDecision = 'admitted' | 'evicted' | 'rejected' | 'outgrown' | 'banned';

/** Mirrors whose size is exposed one by one. */
const MAX_EXPOSED_MIRRORS = 50;

/**
 * Every Prometheus instrument of Tidegate, behind typed methods. Labels are bounded: no tenant, caller or
 * path ever becomes one, and collections only as the ids of the 50 largest mirrors.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  private readonly requests = this.counter('requests_total', 'Requests by route and status.', [
    'route',
    'status',
  ]);
  private readonly requestSeconds = this.histogram(
    'request_duration_seconds',
    'Time from the first byte in to the last byte out, by route.',
    ['route'],
  );
  private readonly answers = this.counter(
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
  private readonly breakerLevel = this.gauge(
    'breaker_state',
    'State of a breaker: 0 closed, 1 half-open, 2 open.',
    ['breaker'],
  );
  private readonly breakerMoves = this.counter(
    'breaker_transitions_total',
    'Times a breaker entered a state.',
    ['breaker', 'to'],
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
  private readonly inDoubt = this.counter(
    'in_doubt_total',
    'Writes whose outcome was unknown; their collections left the hot tiers.',
    [],
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
  private readonly flagReads = this.counter(
    'flag_evaluations_total',
    'Flag evaluations by flag and variant.',
    ['flag', 'variant'],
  );
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
  private readonly hotLimitBytes = this.gauge(
    'hot_memory_limit_bytes',
    'Memory the mirrors may hold together.',
    [],
  );
  private readonly cacheBytes = this.gauge('answer_cache_bytes', 'Memory held by the answer cache.', []);
  private readonly cacheEntries = this.gauge('answer_cache_entries', 'Answers held by the answer cache.', []);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** `route` is a route's name, never a path. */
  request(route: string, status: number, seconds: number): void {
    this.requests.inc({ route, status });
    this.requestSeconds.observe({ route }, seconds);
  }

  answer(tier: string, reason: string, seconds: number): void {
    this.answers.inc({ tier, reason });
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

  breaker(breaker: string, state: BreakerState): void {
    this.breakerLevel.set({ breaker }, BREAKER_LEVEL[state]);
    this.breakerMoves.inc({ breaker, to: state });
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

  warmUp(outcome: 'ok' | 'failed' | 'refused'): void {
    this.warmUps.inc({ outcome });
  }

  writeInDoubt(): void {
    this.inDoubt.inc();
  }

  workerRestarted(): void {
    this.workerRestarts.inc();
  }

  storeRestarted(): void {
    this.storeRestarts.inc();
  }

  flag(flag: string, variant: string): void {
    this.flagReads.inc({ flag, variant });
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

  answerCache(entries: number, bytes: number): void {
    this.cacheEntries.set(entries);
    this.cacheBytes.set(bytes);
  }

  /** The exposition text of `GET /metrics` and its content type. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  private counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name: `tidegate_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge<T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ name: `tidegate_${name}`, help, labelNames, registers: [this.registry] });
  }

  private histogram<T extends string>(name: string, help: string, labelNames: readonly T[]): Histogram<T> {
    const buckets = LATENCY_BUCKETS_SECONDS;
    return new Histogram({ name: `tidegate_${name}`, help, labelNames, buckets, registers: [this.registry] });
  }
}
