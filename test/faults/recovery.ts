import { errorShare, figuresOf, sentIn } from './load-figures.js';
import type { LoadRecord } from './load-record.js';

const WINDOW_MS = 2_000;
const WINDOWS = 2;
const STEP_MS = 250;
/** How far a window may be from what was before. */
const MORE_ERRORS = 0.01;
const SLOWER_FACTOR = 3;
const SLOWER_MS = 150;
const FEWER_FROM_MEMORY = 0.1;

/**
 * When service was normal again: the beginning of the first four seconds, by windows of two, whose error
 * share, p99 and share of answers from memory are about those from before.
 * @param before what was sent before the fault
 * @returns undefined when it was not, by what has ended until `nowMs`
 */
export function normalAgainMs(
  records: readonly LoadRecord[],
  before: readonly LoadRecord[],
  offMs: number,
  nowMs: number,
): number | undefined {
  const since = sentIn(records, { fromMs: offMs, toMs: nowMs });
  for (let fromMs = offMs; fromMs + WINDOWS * WINDOW_MS <= nowMs; fromMs += STEP_MS) {
    const windows = Array.from({ length: WINDOWS }, (_, window) => {
      const beginMs = fromMs + window * WINDOW_MS;
      return sentIn(since, { fromMs: beginMs, toMs: beginMs + WINDOW_MS });
    });
    if (windows.every((window) => isNormal(window, before))) return fromMs;
  }
  return undefined;
}

function isNormal(window: readonly LoadRecord[], before: readonly LoadRecord[]): boolean {
  const [now, then] = [figuresOf(window), figuresOf(before)];
  if (now.requests === 0) return false;
  const slowestMs = Math.max(then.p99Ms * SLOWER_FACTOR, then.p99Ms + SLOWER_MS);
  return (
    errorShare(now) <= errorShare(then) + MORE_ERRORS &&
    now.p99Ms <= slowestMs &&
    shareFromMemory(window) >= shareFromMemory(before) - FEWER_FROM_MEMORY
  );
}

function shareFromMemory(records: readonly LoadRecord[]): number {
  const mirrored = records.filter(({ group }) => group === 'mirrored');
  const hot = mirrored.filter(({ tier }) => tier === 'mirror' || tier === 'answer-cache');
  return mirrored.length === 0 ? 0 : hot.length / mirrored.length;
}
