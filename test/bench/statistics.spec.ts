import { describe, expect, it } from '@jest/globals';
import { latenciesOf, median, quantile, rounded } from './statistics.js';

describe('statistics', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it('take quantiles by the nearest rank, of values in any order', () => {
    expect(latenciesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(latenciesOf([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
  });

  it('tell that nothing was measured', () => {
    expect(quantile([], 0.5)).toBeNaN();
    expect(median([])).toBeNaN();
  });

  it('take the middle, or the mean of the middle two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 2])).toBe(3.5);
  });

  it('round to three digits that count', () => {
    expect([0.012345, 1234.5, 2].map(rounded)).toEqual([0.0123, 1230, 2]);
  });
});
