/** Time for which memory must be over its bound before mirrors are given up: a peak is no shortage. */
export const PATIENCE_MS = 5_000;
/** Warm-ups may begin again below this part of the bound, so that they do not start and end in turns. */
const RELIEF_SHARE = 0.9;

/** How short memory is. Moments are milliseconds of the monotonic clock. */
export interface MemoryPressure {
  /** Since when it has been over the bound, or since mirrors were last given up for it. */
  readonly overSinceMs: number | undefined;
  /** It was over the bound for a while, and has not been well below it since. */
  readonly isShort: boolean;
  /** Bytes of mirrors to give up now. */
  readonly shedBytes: number;
}

export const NO_PRESSURE: MemoryPressure = { overSinceMs: undefined, isShort: false, shedBytes: 0 };

/** Decides, from one look at the resident memory to the next, what is to be given up. */
export function nextPressure(
  before: MemoryPressure,
  residentBytes: number,
  limitBytes: number,
  nowMs: number,
): MemoryPressure {
  const excessBytes = residentBytes - limitBytes;
  if (excessBytes <= 0) {
    const isShort = before.isShort && residentBytes > limitBytes * RELIEF_SHARE;
    return { overSinceMs: undefined, isShort, shedBytes: 0 };
  }
  const { overSinceMs = nowMs } = before;
  if (nowMs - overSinceMs < PATIENCE_MS) return { ...before, overSinceMs, shedBytes: 0 };
  // What is freed shows only after a while: the time is counted anew.
  return { overSinceMs: nowMs, isShort: true, shedBytes: excessBytes };
}
