/** The first pause after a failure; each further one is twice as long. */
const FIRST_PAUSE_MS = 250;
/** The longest pause. */
const MAX_PAUSE_MS = 10_000;

/** How long a job waits for ChromaDB to come back: ever longer while nothing succeeds, and not for ever. */
export class Patience {
  private nextMs = FIRST_PAUSE_MS;

  /** @param leftMs for which it bears failures in all, outages added up */
  constructor(private leftMs: number) {}

  /**
   * Takes what a failure took, and the next pause, from what is left.
   * @returns the pause; undefined when nothing is left
   */
  pauseMs(failureMs: number): number | undefined {
    this.leftMs -= failureMs;
    if (this.leftMs <= 0) return undefined;
    const pauseMs = Math.min(this.nextMs, this.leftMs);
    this.leftMs -= pauseMs;
    this.nextMs = Math.min(2 * this.nextMs, MAX_PAUSE_MS);
    return pauseMs;
  }

  /** Something succeeded: the next outage is another one. */
  renew(): void {
    this.nextMs = FIRST_PAUSE_MS;
  }
}
