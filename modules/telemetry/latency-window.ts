/** Durations kept: at a thousand a second the window still follows within a tenth of a second. */
const CAPACITY = 64;
/** Milliseconds after which a duration says nothing about now any more. */
const MAX_AGE_MS = 30_000;
/** Milliseconds for which a reading is handed out again: whoever decides by it does not flap. */
const REFRESH_MS = 1_000;

/** What a window says; the quantiles are undefined while it is empty. */
export interface LatencyReading {
  readonly count: number;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

export const NO_READING: LatencyReading = { count: 0, p50Ms: undefined, p95Ms: undefined };
/** Sorting happens on one thread, one reading at a time: windows share the room for it. */
const sorted = new Float64Array(CAPACITY);

/** The latest durations of something, for decisions; histograms for people are in `Metrics`. */
export class LatencyWindow {
  private readonly durationsMs = new Float64Array(CAPACITY);
  private readonly recordedAtMs = new Float64Array(CAPACITY).fill(Number.NEGATIVE_INFINITY);
  private next = 0;
  private reading = NO_READING;
  private readAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs the monotonic clock */
  record(durationMs: number, nowMs: number): void {
    this.durationsMs[this.next] = durationMs;
    this.recordedAtMs[this.next] = nowMs;
    this.next = (this.next + 1) % CAPACITY;
  }

  /**
   * The durations of the last 30 s, at most the latest 64; the reading is up to a second old, unless it is
   * empty.
   */
  read(nowMs: number): LatencyReading {
    if (this.reading.count === 0 || nowMs - this.readAtMs >= REFRESH_MS) {
      this.readAtMs = nowMs;
      this.reading = this.measure(nowMs);
    }
    return this.reading;
  }

  private measure(nowMs: number): LatencyReading {
    let count = 0;
    for (let at = 0; at < CAPACITY; at++) {
      if (nowMs - (this.recordedAtMs[at] ?? 0) > MAX_AGE_MS) continue;
      sorted[count++] = this.durationsMs[at] ?? 0;
    }
    if (count === 0) return NO_READING;
    const recent = sorted.subarray(0, count).sort();
    const rank = (share: number) => recent[Math.ceil(share * count) - 1];
    return { count, p50Ms: rank(0.5), p95Ms: rank(0.95) };
  }
}
