/** A breaker let no call through. */
export class BreakerOpen extends Error {
  readonly code = 'EOPENBREAKER';

  constructor(breaker: string) {
    super(`the breaker ${breaker} is open`);
  }
}
