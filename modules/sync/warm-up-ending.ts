import { MirrorFull } from '../hot/mirror-full.js';
import type { WarmUpOutcome } from '../telemetry/metrics.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import type { Refusal } from './mirror-state.js';

/** The collection cannot be mirrored for now. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal);
  }
}

/** Something took the collection out of the hot tier while its mirror was being filled. */
export class CalledOff extends Error {
  constructor() {
    super('the warm-up was called off');
  }
}

/** More was written while a mirror was being filled than is noted. */
export class Outrun extends Error {
  constructor() {
    super('more was written during the warm-up than is noted');
  }
}

/** ChromaDB was away, and came back with another collection, or without it. */
export class CollectionChanged extends Error {
  constructor() {
    super('the collection changed while ChromaDB was away');
  }
}

/** What ChromaDB may recover from by itself: a step that failed so is done again. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'store-unreachable',
  'store-timeout',
  'store-failed',
  'overloaded',
]);

/** Whether ChromaDB is away, perhaps for a while only. */
export function isPassing(error: unknown): error is TidegateError {
  return error instanceof TidegateError && PASSING.has(error.code);
}

export function refusalBy(error: unknown): Refusal | undefined {
  if (error instanceof MirrorFull) return 'over-budget';
  return error instanceof Refused ? error.refusal : undefined;
}

/** @param calledOff whatever it failed of, the collection is out of the hot tier already */
export function outcomeOf(error: unknown, calledOff: boolean): WarmUpOutcome {
  if (calledOff) return 'cancelled';
  if (error instanceof Outrun) return 'outrun';
  return refusalBy(error) ? 'refused' : 'failed';
}
