import { TidegateError, type ErrorCode } from '../vector/errors.js';

/** An error in ChromaDB's shape, which its clients map by status. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: { readonly error: string; readonly message: string };
  readonly retryAfterSeconds: number | undefined;
}

const RETRY_AFTER_SECONDS = 1;

const STATUS: Record<ErrorCode, number> = {
  'store-unreachable': 503,
  'store-failed': 502,
  'store-timeout': 504,
  'body-too-large': 413,
  'bad-request': 400,
  'not-found': 404,
  'mirror-busy': 503,
  'mirror-timeout': 503,
  'mirror-lost': 503,
  'embedded-store-impossible': 503,
};

/** ChromaDB's names for errors; `ChromaError` stands for all that have no name of their own. */
const NAMES: Partial<Record<number, string>> = {
  400: 'InvalidArgumentError',
  404: 'NotFoundError',
  500: 'InternalError',
};

/** The answer to a request that failed inside Tidegate. */
export function errorAnswer(thrown: unknown): ErrorAnswer {
  const known = thrown instanceof TidegateError;
  const status = known ? STATUS[thrown.code] : 500;
  const message = known ? `${thrown.message}; ${thrown.remedy}` : 'Tidegate failed; its log tells more';
  return {
    status,
    body: { error: NAMES[status] ?? 'ChromaError', message },
    retryAfterSeconds: status === 503 ? RETRY_AFTER_SECONDS : undefined,
  };
}
