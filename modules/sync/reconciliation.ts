import type { DriftKind } from '../vector/drift-kind.js';
import { noDrift, type Drift, type DriftCounts } from './drift.js';

/** Why a collection is compared: its turn came, its count differed, it had drifted far, or somebody asked. */
export type PassCause = 'rotation' | 'count' | 'drifted' | 'asked';

export type PassOutcome = 'ok' | 'failed' | 'called-off';

/** The part of the interval after which a comparison is due: it, and those it waits for, have the rest. */
const DUE_SHARE = 0.5;

/** A comparison of one whole collection under way. Moments are milliseconds of the monotonic clock. */
export class Pass {
  readonly startedMs = performance.now();
  /** Records compared so far, and all that are to be. */
  compared = 0;
  records = 0;
  /** Records found to differ so far. */
  drifted = 0;

  /** @param urgent whether it does not rest between its readings */
  constructor(
    readonly cause: PassCause,
    public urgent: boolean,
  ) {}
}

/** What operators see of a collection's comparisons with ChromaDB; drift is counted since the start. */
export interface ReconciliationReport {
  /** When the last complete comparison ended, in ISO 8601, and the milliseconds that it took. */
  readonly lastPassAt: string | undefined;
  readonly lastPassMs: number | undefined;
  readonly found: Readonly<Record<DriftKind, number>>;
  /** Records made equal again. */
  readonly repaired: number;
  readonly running: Readonly<Pick<Pass, 'cause' | 'urgent' | 'compared' | 'records' | 'drifted'>> | undefined;
}

/** What is kept of one collection's comparisons with ChromaDB. */
export class Reconciliation {
  running: Pass | undefined;
  /** Whether the mirror came from a snapshot and was not compared since. */
  isUnproven = false;
  /** How the pass that is under way, or the last one, ends. */
  ended: Promise<PassOutcome> = Promise.resolve('called-off');
  /** How the pass ends that was asked for while another one was under way. */
  following: Promise<PassOutcome> | undefined;
  /** Milliseconds of the monotonic clock before which a pass that failed is not tried again. */
  holdUntilMs = 0;
  private last: { readonly at: Date; readonly tookMs: number } | undefined;
  private readonly found: DriftCounts = noDrift();
  private repaired = 0;

  /** @param ageMs since the mirror was last known to equal ChromaDB */
  isDue(ageMs: number, intervalMs: number, nowMs: number): boolean {
    return this.running === undefined && nowMs >= this.holdUntilMs && ageMs >= intervalMs * DUE_SHARE;
  }

  noticed(pass: Pass, { counts, records }: Drift): void {
    pass.drifted += records;
    for (const [kind, count] of Object.entries(counts)) this.found[kind as DriftKind] += count;
  }

  madeEqual({ records }: Drift): void {
    this.repaired += records;
  }

  completed(pass: Pass): void {
    this.isUnproven = false;
    this.last = { at: new Date(), tookMs: Math.round(performance.now() - pass.startedMs) };
  }

  report(): ReconciliationReport {
    const { last, found, repaired, running } = this;
    return {
      lastPassAt: last?.at.toISOString(),
      lastPassMs: last?.tookMs,
      found: { ...found },
      repaired,
      running: running && {
        cause: running.cause,
        urgent: running.urgent,
        compared: running.compared,
        records: running.records,
        drifted: running.drifted,
      },
    };
  }
}
