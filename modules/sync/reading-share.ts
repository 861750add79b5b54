/** Milliseconds to rest after a reading, so that readings take at most that share of the time. */
export function restMs(tookMs: number, sharePercent: number): number {
  return tookMs * (100 / sharePercent - 1);
}

/** Whoever waits for a turn. Each comparison under way waits once at the most. */
interface Waiting {
  readonly isUrgent: () => boolean;
  readonly go: () => void;
}

/**
 * The readings of all comparisons: one at a time, and after each a rest, so that together they take at most a
 * share of the time. Urgent ones go first, and do not wait for the rest to be over.
 */
export class ReadingShare {
  private readonly waiting: Waiting[] = [];
  private reading = false;
  private restUntilMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly sharePercent: number) {}

  /** Runs the reading when its turn comes; ends as it does. */
  async run<T>(isUrgent: () => boolean, read: () => Promise<T>): Promise<T> {
    await new Promise<void>((go) => {
      this.waiting.push({ isUrgent, go });
      this.next();
    });
    const startedMs = performance.now();
    try {
      return await read();
    } finally {
      const endedMs = performance.now();
      this.restUntilMs = endedMs + restMs(endedMs - startedMs, this.sharePercent);
      this.reading = false;
      this.next();
    }
  }

  /** Lets the next one go on if it may; to be called also when one that waits has become urgent. */
  next(): void {
    clearTimeout(this.timer);
    if (this.reading || this.waiting.length === 0) return;
    const urgent = this.waiting.findIndex(({ isUrgent }) => isUrgent());
    const leftMs = this.restUntilMs - performance.now();
    if (urgent < 0 && leftMs > 0) {
      this.timer = setTimeout(() => {
        this.next();
      }, leftMs).unref();
      return;
    }
    this.reading = true;
    for (const { go } of this.waiting.splice(Math.max(0, urgent), 1)) go();
  }
}
