import { QuietLatencies, type WorkClass } from './quiet-latencies.js';

/** A window is judged when it has so many calls and has lasted so long. */
const WINDOW_CALLS = 20;
const WINDOW_MS = 100;
/**
 * Inflation that is borne: at twice the quiet latency as many calls wait inside the server as are worked on.
 */
const TOLERANCE = 2;
/** A single call counts as at most so inflated. */
const MAX_INFLATION = 8;
/** The most that one window may take from the limit, and what of a window's verdict is followed. */
const MIN_GRADIENT = 0.5;
const SMOOTHING = 0.3;
/** Calls under way, itself included, with which a call still tells the quiet latency. */
const QUIET_CALLS = 2;
/** A probe ends after so many calls in quiet, or after so long. */
const PROBE_CALLS = 10;
const PROBE_MS = 1_000;
/** Time between two probes of a server that is never quiet by itself. */
const PROBE_INTERVAL_MS = 30_000;
/**
 * So many windows in a row at the least limit: perhaps the server is another one, and the probe is made now.
 */
const WINDOWS_AT_MIN = 5;

export interface LimitBounds {
  readonly min: number;
  readonly max: number;
}

/** One call that ended. */
export interface EndedCall {
  readonly work: WorkClass;
  readonly startedMs: number;
  /** Calls under way when it began, or when it ended if that were more; itself included. */
  readonly underWay: number;
  readonly tookMs: number;
}

interface Window {
  readonly startedMs: number;
  calls: number;
  known: number;
  inflation: number;
  peak: number;
}

/**
 * How many calls a server is given at one time: as many as it works on without making them wait inside.
 *
 * After Netflix's concurrency-limits (`Gradient2Limit`; "Performance Under Load", 2018): each window of calls
 * moves the limit by the ratio of the latency without load to that of the window, plus a headroom of the
 * limit's square root (as its `GradientLimit` has it), and only while the limit is made use of. Two things
 * differ. Latencies are compared class by class, not by one average of unlike calls. And the latency without
 * load is not a long average, which follows a lasting overload upwards, but is told by calls that began and
 * ended with at most one other under way; where there are none, the limit is lowered to that for a moment, as
 * Envoy's adaptive concurrency filter does for its `minRTT`.
 *
 * With `min` equal to `max` it is a fixed limit. Times are milliseconds of the monotonic clock.
 */
export class AdaptiveLimit {
  private readonly quiet = new QuietLatencies();
  private estimate: number;
  private window: Window;
  private quietCalls = 0;
  private lastQuietMs: number;
  private probeSinceMs: number | undefined;
  private windowsAtMin = 0;

  constructor(
    private readonly bounds: LimitBounds,
    start: number,
    nowMs: number,
  ) {
    this.estimate = Math.min(bounds.max, Math.max(bounds.min, start));
    this.window = newWindow(nowMs);
    this.lastQuietMs = nowMs;
  }

  /** Calls that may be under way. */
  at(nowMs: number): number {
    if (this.probeSinceMs !== undefined) this.endProbe(this.probeSinceMs, nowMs);
    if (this.probeSinceMs !== undefined) return Math.min(QUIET_CALLS, this.bounds.min);
    return Math.floor(this.estimate);
  }

  /** Takes in a call that the server answered, or did not answer in time. */
  ended(call: EndedCall): void {
    if (this.bounds.min === this.bounds.max) return;
    const nowMs = call.startedMs + call.tookMs;
    if (call.underWay <= QUIET_CALLS) this.learn(call, nowMs);
    const { window } = this;
    const inflation = this.quiet.inflation(call.work, call.tookMs);
    window.calls++;
    window.peak = Math.max(window.peak, call.underWay);
    if (inflation !== undefined) {
      window.known++;
      window.inflation += Math.min(MAX_INFLATION, inflation);
    }
    if (this.probeSinceMs !== undefined) this.endProbe(this.probeSinceMs, nowMs);
    else if (window.calls >= WINDOW_CALLS && nowMs - window.startedMs >= WINDOW_MS) this.judge(nowMs);
  }

  private learn({ work, tookMs }: EndedCall, nowMs: number): void {
    this.quiet.learn(work, tookMs);
    this.quietCalls++;
    if (this.quietCalls % PROBE_CALLS === 0) this.lastQuietMs = nowMs;
  }

  private judge(nowMs: number): void {
    const { known, inflation, peak } = this.window;
    this.window = newWindow(nowMs);
    const { min, max } = this.bounds;
    // A limit that is not made use of says nothing.
    if (known > 0 && peak > this.estimate / 2) {
      const gradient = Math.max(MIN_GRADIENT, Math.min(1, (TOLERANCE * known) / inflation));
      const wanted = this.estimate * gradient + Math.sqrt(this.estimate);
      const next = (1 - SMOOTHING) * this.estimate + SMOOTHING * wanted;
      this.estimate = Math.max(min, Math.min(max, next));
    }
    this.windowsAtMin = this.estimate === min ? this.windowsAtMin + 1 : 0;
    const due = nowMs - this.lastQuietMs >= PROBE_INTERVAL_MS || this.windowsAtMin >= WINDOWS_AT_MIN;
    if (due || known === 0) this.beginProbe(nowMs);
  }

  private beginProbe(nowMs: number): void {
    this.probeSinceMs = nowMs;
    this.quietCalls = 0;
    this.windowsAtMin = 0;
  }

  private endProbe(sinceMs: number, nowMs: number): void {
    if (this.quietCalls < PROBE_CALLS && nowMs - sinceMs < PROBE_MS) return;
    this.probeSinceMs = undefined;
    this.lastQuietMs = nowMs;
    this.window = newWindow(nowMs);
  }
}

function newWindow(startedMs: number): Window {
  return { startedMs, calls: 0, known: 0, inflation: 0, peak: 0 };
}
