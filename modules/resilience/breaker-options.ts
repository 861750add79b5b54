export type BreakerState = 'closed' | 'half-open' | 'open';

/** When a breaker opens, and how it closes again. */
export interface BreakerOptions {
  /** Calls are counted over so many milliseconds. */
  readonly windowMs: number;
  /** Fewer calls in a window never open it. */
  readonly minCalls: number;
  /** More failed calls than this share open it, */
  readonly errorPercent: number;
  /** and so do more slow ones than this share: calls of over `slowMs`, whatever they bring. */
  readonly slowPercent: number;
  readonly slowMs: number;
  /** Time it stays open the first time; each further time in a row twice as long, up to the most. */
  readonly openMs: number;
  readonly maxOpenMs: number;
  /** Calls that a half-open breaker lets through at a time. */
  readonly probes: number;
  /** Good probes in a row that close it. */
  readonly closeAfter: number;
}

/** Milliseconds to stay open the n-th time in a row: doubling, capped. */
export function openTimeMs(opening: number, { openMs, maxOpenMs }: BreakerOptions): number {
  return Math.min(maxOpenMs, openMs * 2 ** Math.max(0, opening - 1));
}
