/** What was written and is not in the mirror yet. */
export interface LagReport {
  /** Noted and not read back yet. */
  readonly records: number;
  /** Milliseconds since the oldest of them was noted; 0 where there is none. */
  readonly oldestMs: number;
}

/** Since when records have been noted that are not read back yet. Moments are of the monotonic clock. */
export class ReadBackLag {
  private waitingSinceMs: number | undefined;
  private reading: { readonly records: number; readonly sinceMs: number | undefined } | undefined;

  note(nowMs: number): void {
    this.waitingSinceMs ??= nowMs;
  }

  /** All that waits is being read back. */
  begin(records: number): void {
    this.reading = { records, sinceMs: this.waitingSinceMs };
    this.waitingSinceMs = undefined;
  }

  /** @param again it was not read back, and waits once more */
  end(again: boolean): void {
    if (again) this.waitingSinceMs = this.reading?.sinceMs ?? this.waitingSinceMs;
    this.reading = undefined;
  }

  report(waiting: number, nowMs: number): LagReport {
    const since = this.reading?.sinceMs ?? this.waitingSinceMs;
    return {
      records: waiting + (this.reading?.records ?? 0),
      oldestMs: since === undefined ? 0 : Math.round(nowMs - since),
    };
  }
}
