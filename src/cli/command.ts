import type { ProgressOutput } from '../terminal/progress-bar.js';

/** Where a command speaks to its user. */
export interface Terminal {
  readonly out: ProgressOutput;
  /** Aborted at Ctrl+C. */
  readonly interrupted: AbortSignal;
}

/**
 * A command of `tidegate`.
 * @returns the exit code
 * @throws Error whose message tells the user what is wrong, and what to do
 */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>;
