import type { CallerWish } from '../routing/query.js';
import { TidegateError } from '../vector/errors.js';

const MILLISECONDS = /^\d{1,15}$/;

/**
 * Reads what a caller wants of its answer, from the headers `x-tidegate-tier` and `x-tidegate-max-staleness`.
 * @throws TidegateError `bad-request` for values that mean nothing: the wish could not be kept
 */
export function callerWish(tier: string | undefined, maxStaleness: string | undefined): CallerWish {
  if (tier !== undefined && tier !== 'chroma') {
    throw refused('x-tidegate-tier', tier, '"chroma" is the only tier that can be asked for');
  }
  if (maxStaleness !== undefined && !MILLISECONDS.test(maxStaleness)) {
    throw refused('x-tidegate-max-staleness', maxStaleness, 'give a whole number of milliseconds, 0 or more');
  }
  const maxStalenessMs = maxStaleness === undefined ? undefined : Number(maxStaleness);
  return { forced: tier !== undefined, maxStalenessMs };
}

function refused(header: string, value: string, allowed: string): TidegateError {
  return new TidegateError('bad-request', `${header} is ${JSON.stringify(value)}`, allowed);
}
