import { describe, expect, it } from '@jest/globals';
import { faultsOf, missingRows, regressedRows } from './regression.js';
import { rowWith } from './results.fake.js';

describe('the regression check', () => {
  const committed = [rowWith('plain', 1, { p50: 0.2, rate: 5 }), rowWith('plain', 16, { p50: 0.2, rate: 6 })];

  it('compares the latency of one client and the throughput of many', () => {
    const slowOfOne = [
      rowWith('plain', 1, { p50: 0.41, rate: 9 }),
      rowWith('plain', 16, { p50: 9, rate: 3 }),
    ];
    expect(regressedRows(committed, slowOfOne)).toEqual([slowOfOne[0]]);
    const slowOfMany = [rowWith('plain', 1, { p50: 0.4 }), rowWith('plain', 16, { rate: 2.9 })];
    expect(regressedRows(committed, slowOfMany)).toEqual([slowOfMany[1]]);
  });

  it('takes a ratio that is no number for a regression, and a new row for none', () => {
    const broken = rowWith('plain', 1, { p50: NaN });
    expect(regressedRows(committed, [broken, rowWith('new', 1, { p50: 99 })])).toEqual([broken]);
  });

  it('misses rows that are measured no more', () => {
    expect(missingRows(committed, [rowWith('plain', 16, {})])).toEqual([committed[0]]);
  });

  it('tells failed requests and wrong answers of Tidegate, not those of ChromaDB', () => {
    const ours = rowWith('plain', 1, {}, { tidegate: { errors: 2, faults: ['a record came twice'] } });
    expect(faultsOf(ours)).toEqual([
      'plain, 1 clients: a record came twice',
      'plain, 1 clients: 2 of 100 requests failed',
    ]);
    expect(faultsOf(rowWith('plain', 1, {}, { chroma: { errors: 2, faults: ['slow'] } }))).toEqual([]);
  });
});
