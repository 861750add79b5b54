import { TidegateError, type ErrorCode } from '../vector/errors.js';

/** An error as ChromaDB's clients understand it: they map by status. */
export interface ErrorAnswer {
  readonly status: number;
  /** Name and value in turn. */
  readonly headers: readonly string[];
  readonly text: string;
}

const RETRY_AFTER_SECONDS = 1;

const STATUS: Record<ErrorCode, number> = {
  'store-unreachable': 503,
  'store-failed': 502,
  'store-timeout': 504,
  'deadline-exceeded': 504,
  overloaded: 503,
  'caller-overloaded': 429,
  'body-too-large': 413,
  'bad-request': 400,
  'not-found': 404,
  'mirror-busy': 503,
  'mirror-timeout': 503,
  'mirror-lost': 503,
  'mirror-full': 503,
  'snapshot-not-written': 503,
  'snapshot-refused': 503,
  'embedded-store-impossible': 503,
  // Only the command line meets these.
  'backup-damaged': 500,
  'backup-refused': 500,
  'backup-differs': 500,
  'backup-not-written': 500,
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
  // ChromaDB tells this one in plain text.
  if (status === 413) return { status, headers: [], text: 'Payload too large' };
  const message = known ? `${thrown.message}; ${thrown.remedy}` : 'Tidegate failed; its log tells more';
  const retry = status === 503 || status === 429 ? ['retry-after', String(RETRY_AFTER_SECONDS)] : [];
  const text = JSON.stringify({ error: NAMES[status] ?? 'ChromaError', message });
  return { status, headers: ['content-type', 'application/json', ...retry], text };
}
