/** How often and how soon a call is repeated. */
export interface RetryPauses {
  /** Retries of one call; 0 repeats nothing. */
  readonly most: number;
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before the n-th retry, from 1: any time up to a bound that doubles and is capped, so
 * that callers who failed together do not come back together ("full jitter").
 * @param random from 0 to below 1
 * @returns undefined when there is to be no such retry
 */
export function retryPauseMs(retry: number, random: number, pauses: RetryPauses): number | undefined {
  if (retry > pauses.most) return undefined;
  return random * Math.min(pauses.maxMs, pauses.baseMs * 2 ** (retry - 1));
}
