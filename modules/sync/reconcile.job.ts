import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { CollectionPass, PassCalledOff } from './collection-pass.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { Comparison } from './comparison.service.js';
import type { Drift } from './drift.js';
import { isFilled } from './mirror-state.js';
import { Pass, type PassCause, type PassOutcome } from './reconciliation.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';

/** How often it is looked which mirror is due. */
const LOOK_MS = 1_000;
/** Time after which a pass that failed may be tried again. */
const RETRY_MS = 10_000;

/**
 * Finds what was written to ChromaDB past Tidegate: compares every mirror with its whole collection once
 * within the interval, and at once where something tells that they differ. A mirror that has drifted far
 * serves nobody until a whole pass has found it equal.
 */
@Injectable()
export class Reconcile implements OnModuleInit, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private rotating = false;
  private stopping = false;

  constructor(
    private readonly config: SyncConfig,
    private readonly registry: CollectionRegistry,
    private readonly comparison: Comparison,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.metrics.reconcileInterval(this.config.reconcileIntervalMs / 1000);
    this.timer = setInterval(() => {
      this.rotate();
    }, LOOK_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    this.stopping = true;
    clearInterval(this.timer);
  }

  /**
   * Compares the collection's mirror, without rests. One that is under way goes on without rests too, and
   * another one follows it: so what was written before the call is found.
   * @returns how the pass that began after the call ended; never rejects
   */
  now(collection: SyncedCollection): Promise<PassOutcome> {
    const { reconciliation } = collection;
    const { running, ended } = reconciliation;
    if (running === undefined) return this.start(collection, 'asked', true);
    running.urgent = true;
    this.comparison.hurry();
    reconciliation.following ??= ended.then(() => {
      reconciliation.following = undefined;
      return this.start(collection, 'asked', true);
    });
    return reconciliation.following;
  }

  /**
   * An operator wants the mirror compared now.
   * @returns what speaks against it, and what to do; undefined when it has begun
   */
  begin(collection: SyncedCollection): string | undefined {
    const { serving } = collection;
    if (!isFilled(serving)) return `there is no mirror to compare: it is ${serving}; wait, or warm it first`;
    void this.now(collection);
    return undefined;
  }

  /** Starts a pass, which keeps to its share of ChromaDB, unless one is under way or it is too early. */
  suspect(collection: SyncedCollection, cause: PassCause): void {
    if (performance.now() >= collection.reconciliation.holdUntilMs) void this.start(collection, cause, false);
  }

  /** Starts what is due: all that are out of service, and one of the others at a time, the oldest first. */
  rotate(): void {
    const nowMs = performance.now();
    const due = this.registry.list().filter((collection) => {
      const { reconciliation, serving, freshAtMs = nowMs } = collection;
      const isUrgent = serving === 'drifted' || reconciliation.isUnproven;
      const ageMs = isUrgent ? Number.POSITIVE_INFINITY : nowMs - freshAtMs;
      return isFilled(serving) && reconciliation.isDue(ageMs, this.config.reconcileIntervalMs, nowMs);
    });
    for (const collection of due) if (collection.state === 'drifted') this.suspect(collection, 'drifted');
    const [oldest] = due
      .filter(({ state }) => state !== 'drifted')
      .sort((a, b) => (a.freshAtMs ?? nowMs) - (b.freshAtMs ?? nowMs));
    if (oldest === undefined || this.rotating) return;
    this.rotating = true;
    void this.start(oldest, 'rotation', false).finally(() => {
      this.rotating = false;
    });
  }

  /** Joins the pass that is under way. Never rejects. */
  private start(collection: SyncedCollection, cause: PassCause, urgent: boolean): Promise<PassOutcome> {
    const { reconciliation } = collection;
    if (reconciliation.running !== undefined) return reconciliation.ended;
    if (this.stopping || collection.handle === undefined || !isFilled(collection.serving))
      return Promise.resolve('called-off');
    const pass = new Pass(cause, urgent);
    reconciliation.running = pass;
    reconciliation.ended = this.run(new CollectionPass(collection, pass));
    return reconciliation.ended;
  }

  private async run(of: CollectionPass): Promise<PassOutcome> {
    const { collection, pass } = of;
    let outcome: PassOutcome = 'ok';
    try {
      await this.comparison.run(of, (drift) => {
        this.noticed(of, drift);
      });
      this.completed(of);
    } catch (error) {
      outcome = this.ended(of, error);
    }
    collection.reconciliation.running = undefined;
    this.metrics.reconcile(outcome);
    if (outcome === 'ok') {
      const ms = Math.round(performance.now() - pass.startedMs);
      this.log.info('reconciled', { ...fieldsOf(of), records: pass.records, ms });
    }
    return outcome;
  }

  private noticed(of: CollectionPass, drift: Drift): void {
    const { collection, pass } = of;
    collection.reconciliation.noticed(pass, drift);
    this.registry.touched(collection, drift.read);
    this.log.warn('drift-found', { ...fieldsOf(of), ...drift.counts });
    if (collection.state !== 'warm' || pass.drifted <= this.config.driftMaxRecords) return;
    collection.state = 'drifted';
    this.metrics.driftedMirror('out');
    this.log.warn('mirror-drifted', fieldsOf(of));
  }

  /** Nothing that was written before the pass is missing now. */
  private completed(of: CollectionPass): void {
    const { collection, pass } = of;
    collection.reconciliation.completed(pass);
    collection.freshAtMs = pass.startedMs;
    // Answers that were kept before may lack what the mirror never lacked.
    collection.moveVersion();
    if (collection.state !== 'drifted' || pass.drifted > 0) return;
    collection.state = 'warm';
    this.metrics.driftedMirror('back');
    this.log.info('mirror-equal-again', fieldsOf(of));
  }

  private ended(of: CollectionPass, error: unknown): PassOutcome {
    const { collection } = of;
    if (error instanceof PassCalledOff || !of.isCurrent) return 'called-off';
    collection.reconciliation.holdUntilMs = performance.now() + RETRY_MS;
    this.log.warn('reconcile-failed', { ...fieldsOf(of), message: messageOf(error) });
    // The collection is gone: so is what was kept of it.
    if (error instanceof TidegateError && error.code === 'not-found') this.registry.bury(collection);
    return 'failed';
  }
}

function fieldsOf({ collection, pass }: CollectionPass) {
  return { collection: collection.target.id, cause: pass.cause, drifted: pass.drifted };
}
