import { expect, it } from '@jest/globals';
import { SeededRandom } from '../support/seeded-random.js';
import { Zipf } from './zipf.js';

it('ranks come as often as the law of Zipf has it', () => {
  const draws = 200_000;
  const random = new SeededRandom(1);
  const zipf = new Zipf(1_000, 0.99);
  const counts = new Float64Array(1_000);
  for (let draw = 0; draw < draws; draw++) {
    const rank = zipf.next(random);
    counts[rank] = (counts[rank] ?? NaN) + 1;
  }
  const weights = Array.from(counts, (_, rank) => (rank + 1) ** -0.99);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  for (const rank of [0, 1, 9, 99]) {
    const expected = (draws * (weights[rank] ?? 0)) / all;
    expect(Math.abs((counts[rank] ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
  }
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(draws);
});
