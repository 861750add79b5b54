import { AdaptiveLimit, type LimitBounds } from './adaptive-limit.js';
import type { WorkClass } from './quiet-latencies.js';

const STEP_MS = 1;

/** One kind of call: what it is called, and the milliseconds of one core that it needs. */
export interface SimulatedWork {
  readonly work: WorkClass;
  workMs: number;
}

interface Running {
  readonly what: SimulatedWork;
  readonly startedMs: number;
  readonly underWay: number;
  leftMs: number;
}

/**
 * A server of some cores that share themselves among all calls under way, always asked for as much as is let
 * in.
 */
export class SimulatedServer {
  readonly limit: AdaptiveLimit;
  nowMs = 0;
  /** Calls answered, by kind. */
  readonly answered = new Map<SimulatedWork, number>();
  private running: Running[] = [];

  constructor(
    bounds: LimitBounds,
    public cores: number,
    private readonly next: () => SimulatedWork,
  ) {
    this.limit = new AdaptiveLimit(bounds, 16, 0);
  }

  /** @param offered calls that callers have under way at most */
  run(milliseconds: number, offered = Number.POSITIVE_INFINITY): void {
    for (const endMs = this.nowMs + milliseconds; this.nowMs < endMs; this.nowMs += STEP_MS) {
      this.letIn(offered);
      this.work();
    }
  }

  private letIn(offered: number): void {
    const most = Math.min(offered, this.limit.at(this.nowMs));
    while (this.running.length < most) {
      const what = this.next();
      const underWay = this.running.length + 1;
      this.running.push({ what, startedMs: this.nowMs, underWay, leftMs: what.workMs });
    }
  }

  private work(): void {
    const speed = Math.min(1, this.cores / this.running.length);
    for (const each of this.running) each.leftMs -= speed * STEP_MS;
    const atOnce = this.running.length;
    const done = this.running.filter(({ leftMs }) => leftMs <= 0);
    this.running = this.running.filter(({ leftMs }) => leftMs > 0);
    for (const { what, startedMs, underWay: underWayThen } of done) {
      const underWay = Math.max(underWayThen, atOnce);
      this.answered.set(what, (this.answered.get(what) ?? 0) + 1);
      const tookMs = this.nowMs + STEP_MS - startedMs;
      this.limit.ended({ work: what.work, startedMs, underWay, tookMs });
    }
  }
}
