import { monotonicMs, overlapMs, type Span } from './monotonic.js';

const TICK_MS = 10;
/** A shorter pause tells nobody's time wrong. */
const SHORTEST_MS = 40;
const KEPT = 200;

/** The times in which this process itself stood still, and could see no answer come. */
export class OwnStalls {
  private readonly stalls: Span[] = [];
  private lastMs = monotonicMs();
  private readonly timer = setInterval(() => {
    this.tick();
  }, TICK_MS);

  /** How much of a span went by unseen. */
  within(span: Span): number {
    this.tick();
    return this.stalls.reduce((sum, stall) => sum + overlapMs(stall, span), 0);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const nowMs = monotonicMs();
    if (nowMs - this.lastMs > SHORTEST_MS) this.stalls.push({ fromMs: this.lastMs, toMs: nowMs });
    if (this.stalls.length > KEPT) this.stalls.shift();
    this.lastMs = nowMs;
  }
}
