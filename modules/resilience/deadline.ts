import { TidegateError } from '../vector/errors.js';

/** Deadlines are moments of the monotonic clock, `performance.now()`, in milliseconds. */
export function isPast(deadlineMs: number | undefined, nowMs: number): boolean {
  return deadlineMs !== undefined && nowMs >= deadlineMs;
}

/** The time for a request is over. */
export function deadlineExceeded(what: string, remedy: string): TidegateError {
  return new TidegateError('deadline-exceeded', what, remedy);
}
