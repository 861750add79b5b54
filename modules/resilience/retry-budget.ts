/** How much may be repeated. */
export interface RetryBudgetOptions {
  /** Retries are at most this share of the requests of the last `BUDGET_WINDOW_MS`, */
  readonly percent: number;
  /** but always so many. */
  readonly least: number;
}

export const BUDGET_WINDOW_MS = 10_000;
const SLICES = 10;
const SLICE_MS = BUDGET_WINDOW_MS / SLICES;

/**
 * Bounds retries by the requests of late: a dependency that fails them all is asked hardly more often than
 * one that fails none. A bucket of tokens, of which each request brings a part of one and each retry takes a
 * whole one, and whose tokens are worth nothing after a window.
 */
export class RetryBudget {
  private readonly requests = new Float64Array(SLICES);
  private readonly retries = new Float64Array(SLICES);
  private slice = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RetryBudgetOptions) {}

  /** A request came. @param nowMs of the monotonic clock */
  request(nowMs: number): void {
    const at = this.turnTo(nowMs);
    this.requests[at] = (this.requests[at] ?? 0) + 1;
  }

  /** Takes what one retry costs. @returns false when too little is left: then nothing was taken */
  take(nowMs: number): boolean {
    const at = this.turnTo(nowMs);
    const { percent, least } = this.options;
    const allowed = Math.max(least, (sum(this.requests) * percent) / 100);
    if (sum(this.retries) + 1 > allowed) return false;
    this.retries[at] = (this.retries[at] ?? 0) + 1;
    return true;
  }

  /** Forgets slices that are over. @returns the place of the present one */
  private turnTo(nowMs: number): number {
    const slice = Math.floor(nowMs / SLICE_MS);
    const passed = Math.min(SLICES, slice - this.slice);
    for (let back = 0; back < passed; back++) {
      const at = (slice - back) % SLICES;
      this.requests[at] = 0;
      this.retries[at] = 0;
    }
    this.slice = slice;
    return slice % SLICES;
  }
}

function sum(slices: Float64Array): number {
  return slices.reduce((total, count) => total + count, 0);
}
