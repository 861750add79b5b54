/** Stable names of what can go wrong; `gateway/error-answer.ts` maps each to an HTTP status. */
export type ErrorCode =
  | 'store-unreachable'
  | 'store-failed'
  | 'store-timeout'
  | 'deadline-exceeded'
  | 'overloaded'
  | 'caller-overloaded'
  | 'body-too-large'
  | 'bad-request'
  | 'not-found'
  | 'mirror-busy'
  | 'mirror-timeout'
  | 'mirror-lost'
  | 'mirror-full'
  | 'snapshot-not-written'
  | 'snapshot-refused'
  | 'embedded-store-impossible'
  | 'backup-damaged'
  | 'backup-refused'
  | 'backup-differs'
  | 'backup-not-written';

/** The one base of all operating errors: a stable code, what happened, and what to do about it. */
export class TidegateError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TidegateError';
  }
}
