import type { ServerResponse } from 'node:http';
import { Ending, type EndSignal } from '../vector/end-signal.js';
import { TidegateError } from '../vector/errors.js';
import type { RouteName } from './chroma-routes.js';

/** What a request does: each class has a deadline of its own. */
export type RouteClass = 'read' | 'write' | 'admin';

const CLASSES: Readonly<Record<RouteName, RouteClass>> = {
  query: 'read',
  search: 'read',
  get: 'read',
  count: 'read',
  read: 'read',
  'other-safe': 'read',
  add: 'write',
  update: 'write',
  upsert: 'write',
  delete: 'write',
  create: 'admin',
  configure: 'admin',
  remove: 'admin',
  'other-change': 'admin',
};

export function classOf(route: RouteName): RouteClass {
  return CLASSES[route];
}

export const TIMEOUT_HEADER = 'x-request-timeout-ms';
const MILLISECONDS = /^\d{1,15}$/;

/**
 * Milliseconds that a request has: the caller's header lowers what it has by default.
 * @returns an error `bad-request` for a header that means nothing
 */
export function timeLimitMs(header: string | undefined, defaultMs: number): number | TidegateError {
  if (header === undefined) return defaultMs;
  const askedMs = MILLISECONDS.test(header) ? Number(header) : 0;
  if (askedMs > 0) return Math.min(askedMs, defaultMs);
  const message = `${TIMEOUT_HEADER} is ${JSON.stringify(header)}`;
  return new TidegateError('bad-request', message, 'give a whole number of milliseconds, 1 or more');
}

/** The time of one request: until its deadline, or until its caller goes away before the answer is whole. */
export class RequestTime {
  private readonly ending = new Ending();

  /** @param deadlineMs of the monotonic clock */
  constructor(
    response: ServerResponse,
    readonly deadlineMs: number,
  ) {
    response.on('close', () => {
      if (!response.writableFinished) this.end(callerGone());
    });
  }

  /** Ends with the time, for work that need not be done then. */
  get signal(): EndSignal {
    return this.ending;
  }

  get isOver(): boolean {
    return this.ending.aborted;
  }

  /** Has the listener told when the time ends, if it has not ended yet. */
  whenOver(listener: (reason: Error) => void): void {
    const { ending } = this;
    ending.addEventListener('abort', () => {
      if (ending.reason) listener(ending.reason);
    });
  }

  end(reason: TidegateError): void {
    this.ending.end(reason);
  }
}

function callerGone(): TidegateError {
  return new TidegateError('bad-request', 'the caller went away', 'stay until the answer is there');
}
