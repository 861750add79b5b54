import type { WarmUpOutcome } from '../telemetry/metrics.service.js';

/** Time over which the rate is taken. */
const RATE_WINDOW_MS = 5_000;
/** Steps are told together that are nearer to each other: a window holds twenty marks at most. */
const MARK_SPACING_MS = 250;

/** The warm-up that runs, or the last one. */
export interface WarmUpReport {
  readonly status: 'running' | WarmUpOutcome;
  /** Why it did not succeed. */
  readonly message?: string;
  /** Records read from ChromaDB, and all that there are to read; null until they are listed. */
  readonly recordsDone: number;
  readonly recordsAll: number | null;
  /** Bytes that the mirror holds. */
  readonly bytes: number;
  /** Of late. */
  readonly recordsPerSecond: number;
  /** Until all records are read, at the present rate; null while there is none. */
  readonly secondsLeft: number | null;
  /** Times it waited for a ChromaDB that failed. */
  readonly pauses: number;
  /** Milliseconds from its beginning until its end, or until now. */
  readonly tookMs: number;
}

interface Mark {
  readonly atMs: number;
  readonly records: number;
}

/** How far a warm-up is. Moments are milliseconds of the monotonic clock. */
export class WarmUpProgress {
  pauses = 0;
  private done = 0;
  private all: number | undefined;
  private bytes = 0;
  private movedMs: number;
  /** Records that were done at moments of the window, and at the last one before it. */
  private marks: readonly Mark[];
  private ending:
    { readonly atMs: number; readonly outcome: WarmUpOutcome; readonly message?: string } | undefined;

  constructor(private readonly startedMs: number) {
    this.movedMs = startedMs;
    this.marks = [{ atMs: startedMs, records: 0 }];
  }

  get isRunning(): boolean {
    return this.ending === undefined;
  }

  /** All records are known, and reading them begins. */
  begin(all: number, nowMs: number): void {
    this.all = all;
    this.marks = [{ atMs: nowMs, records: 0 }];
  }

  /** So many records more are read; the mirror holds so many bytes now. */
  advance(records: number, bytes: number, nowMs: number): void {
    this.done += records;
    this.bytes = bytes;
    this.movedMs = nowMs;
    const last = this.marks.at(-1);
    if (last && nowMs - last.atMs < MARK_SPACING_MS) return;
    const before = this.marks.findLastIndex(({ atMs }) => atMs <= nowMs - RATE_WINDOW_MS);
    this.marks = [...this.marks.slice(Math.max(0, before)), { atMs: nowMs, records: this.done }];
  }

  end(outcome: WarmUpOutcome, nowMs: number, message?: string): void {
    this.ending = { atMs: nowMs, outcome, ...(message !== undefined && { message }) };
  }

  report(nowMs: number): WarmUpReport {
    const { ending } = this;
    const rate = ending ? 0 : this.rate(nowMs);
    const left = this.all === undefined || rate === 0 ? undefined : (this.all - this.done) / rate;
    return {
      status: ending?.outcome ?? 'running',
      ...(ending?.message !== undefined && { message: ending.message }),
      recordsDone: this.done,
      recordsAll: this.all ?? null,
      bytes: this.bytes,
      recordsPerSecond: Math.round(rate),
      secondsLeft: left === undefined ? null : Math.ceil(left),
      pauses: this.pauses,
      tookMs: Math.round((ending?.atMs ?? nowMs) - this.startedMs),
    };
  }

  /** Records a second, over the window. */
  private rate(nowMs: number): number {
    if (nowMs - this.movedMs >= RATE_WINDOW_MS) return 0;
    const from = this.marks.findLast(({ atMs }) => atMs <= nowMs - RATE_WINDOW_MS) ?? this.marks[0];
    if (from === undefined || nowMs <= from.atMs) return 0;
    return ((this.done - from.records) * 1_000) / (nowMs - from.atMs);
  }
}
