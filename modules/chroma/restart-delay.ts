const FIRST_MS = 100;
const MOST_MS = 5_000;

/** Milliseconds to wait before the restart after the n-th death in a row: doubling, capped. */
export function restartDelayMs(deaths: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.max(0, deaths - 1));
}
