import { BreakerOpen } from '../resilience/breaker-open.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import type { CallKind } from './store-call.js';

/** Codes of errors that happen before a request leaves: what it asked for was certainly not done. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'EOPENBREAKER',
]);

const TIMED_OUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'TimeoutError']);

/** ChromaDB's own words for "not now", as opposed to an answer about this request. */
const UNAVAILABLE = new Set([502, 503, 504]);

export function isUnavailable(status: number): boolean {
  return UNAVAILABLE.has(status);
}

/** A call that changes something ends with one of these only where it was not sent. */
const NOT_SENT: ReadonlySet<ErrorCode> = new Set([
  'store-unreachable',
  'deadline-exceeded',
  'overloaded',
  'caller-overloaded',
]);

/** Whether ChromaDB may have done, or may yet do, what a call that ended with this error asked for. */
export function isAmbiguous(error: unknown): boolean {
  return !(error instanceof TidegateError && NOT_SENT.has(error.code));
}

/** Whether a call that reads may succeed at once after this error: broken off, or nobody there. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof TidegateError) || error.cause instanceof BreakerOpen) return false;
  return error.code === 'store-unreachable' || error.code === 'store-failed';
}

/** Nothing was sent: ChromaDB is not there. */
export function unreachable(detail: string, cause?: unknown): TidegateError {
  return new TidegateError('store-unreachable', `ChromaDB cannot be reached: ${detail}`, 'try again soon', {
    cause,
  });
}

/** Tells apart: never reached, no answer in time, broken while under way. */
export function storeFailure(error: unknown, kind: CallKind): TidegateError {
  if (error instanceof TidegateError) return error;
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  if (NEVER_SENT.has(code)) return unreachable(detail, error);
  const changes = kind === 'write' || kind === 'admin';
  const remedy = changes ? 'it may have been applied, or may yet be: look before you try again' : 'try again';
  if (TIMED_OUT.has(code)) {
    return new TidegateError('store-timeout', 'ChromaDB did not answer in time', remedy, { cause: error });
  }
  return new TidegateError('store-failed', `ChromaDB broke off: ${detail}`, remedy, { cause: error });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}
