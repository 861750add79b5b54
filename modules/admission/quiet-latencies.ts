/** Classes that are kept track of; those that have not been seen for longest are forgotten. */
const MAX_CLASSES = 1_000;
/** Part of a new latency that goes into the average. */
const WEIGHT = 0.2;
/**
 * A single latency counts as at most so many times the average: pauses of a garbage collector are no trend.
 */
const MAX_STEP = 3;

/** What a kind of work is: the finer name, and a coarser one for when that has not been seen yet. */
export interface WorkClass {
  readonly fine: string;
  readonly coarse: string;
}

/**
 * How long each class of work takes, in milliseconds, where next to nothing else goes on. Calls are as
 * different as a count and a search of a million records: how much load slows them down can only be told
 * class by class.
 */
export class QuietLatencies {
  private readonly averages = new Map<string, number>();

  get size(): number {
    return this.averages.size;
  }

  /** Takes in what a call took while little else went on. */
  learn({ fine, coarse }: WorkClass, tookMs: number): void {
    this.take(fine, tookMs);
    this.take(coarse, tookMs);
  }

  /** How many times as long as in quiet a call took; undefined where that is not known of its class. */
  inflation({ fine, coarse }: WorkClass, tookMs: number): number | undefined {
    const quietMs = this.averages.get(fine) ?? this.averages.get(coarse);
    return quietMs === undefined ? undefined : tookMs / quietMs;
  }

  private take(name: string, tookMs: number): void {
    const before = this.averages.get(name);
    // Last in the map is what was seen last.
    this.averages.delete(name);
    const step = before === undefined ? 0 : Math.min(tookMs, MAX_STEP * before) - before;
    this.averages.set(name, before === undefined ? tookMs : before + WEIGHT * step);
    if (this.averages.size > MAX_CLASSES) this.forgetOldest();
  }

  private forgetOldest(): void {
    for (const oldest of this.averages.keys()) {
      this.averages.delete(oldest);
      return;
    }
  }
}
