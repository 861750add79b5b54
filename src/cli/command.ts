import type { ProgressOutput } from '../terminal/progress-bar.js';

/**
 * A command of `tidegate`: its arguments, and where it speaks to its user.
 * @returns the exit code
 * @throws Error whose message tells the user what is wrong, and what to do
 */
export type Command = (args: readonly string[], out: ProgressOutput) => Promise<number>;
