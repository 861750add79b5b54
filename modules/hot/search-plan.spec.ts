import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planSearch } from './search-plan.js';

describe('planSearch', () => {
  it('measures rare matches and takes common ones from the graph', () => {
    expect(planSearch(100, 100_000, 10, 0)).toEqual({ kind: 'exact' });
    expect(planSearch(10_000, 100_000, 10, 0)).toEqual({ kind: 'graph', fetch: 150 });
    expect(planSearch(90_000, 100_000, 10, 0)).toEqual({ kind: 'graph', fetch: 32 });
  });

  it('always comes to an end: each try fetches more, until measuring is cheaper', () => {
    const sizes = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 1, max: 1_000 }), (one, other, limit) => {
        const [matches, records] = [Math.min(one, other), Math.max(one, other)];
        let tried = 0;
        for (let round = 0; round < 20; round++) {
          const plan = planSearch(matches, records, Math.min(limit, matches), tried);
          if (plan.kind === 'exact') return;
          expect(plan.fetch).toBeGreaterThan(tried);
          expect(plan.fetch).toBeLessThanOrEqual(records);
          tried = plan.fetch;
        }
        throw new Error('no end after 20 rounds');
      }),
    );
  });
});
