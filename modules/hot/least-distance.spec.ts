import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distance, norm } from '../vector/distance.js';
import { leastDistance } from './least-distance.js';

const SPACES = ['l2', 'ip', 'cosine'] as const;
/** Two vectors of one length, each of a magnitude of its own. */
const pairOf = (exponents: { readonly min: number; readonly max: number }) =>
  fc.integer({ min: 1, max: 300 }).chain((length) => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: length,
      maxLength: length,
    });
    const vector = fc
      .tuple(values, fc.integer(exponents))
      .map(([each, exponent]) => Float32Array.from(each, (value) => value * 10 ** exponent));
    return fc.tuple(vector, vector);
  });

const measured = (vector = new Float32Array(0)) => ({ vector, norm: norm(vector) });

describe('the least distance', () => {
  it.each(SPACES)('is never above the distance, or no finite number: %s', (space) => {
    fc.assert(
      fc.property(pairOf({ min: -45, max: 38 }), ([a, b]) => {
        const [from, to] = [measured(a), measured(b)];
        const least = leastDistance(space, from, to);
        fc.pre(Number.isFinite(least));
        const exact = distance(space, from, to);
        expect(Number.isNaN(exact) || least <= exact).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(SPACES)('is next to the distance of vectors of any length, one after the other: %s', (space) => {
    fc.assert(
      fc.property(pairOf({ min: -3, max: 3 }), ([a, b]) => {
        const [from, to] = [measured(a), measured(b)];
        const exact = distance(space, from, to);
        const scale = { l2: exact, ip: 1 + from.norm * to.norm, cosine: 1 }[space];
        const least = leastDistance(space, from, to);
        fc.pre(Number.isFinite(least));
        expect(exact - least).toBeLessThanOrEqual(1e-4 * scale);
      }),
      { numRuns: 200 },
    );
  });

  it('is not told of vectors that it has no room for', () => {
    const huge = measured(new Float32Array(70_000).fill(1));
    expect(leastDistance('l2', huge, huge)).toBeNaN();
  });
});
