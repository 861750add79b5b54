import type { SeededRandom } from '../support/seeded-random.js';

/** Ranks from 0, of which the k-th comes with a frequency of 1 / (k + 1) ^ exponent. */
export class Zipf {
  private readonly cumulative: Float64Array;

  constructor(ranks: number, exponent: number) {
    this.cumulative = new Float64Array(ranks);
    let sum = 0;
    for (let rank = 0; rank < ranks; rank++) this.cumulative[rank] = sum += (rank + 1) ** -exponent;
  }

  next(random: SeededRandom): number {
    const { cumulative } = this;
    const aim = random.next() * (cumulative[cumulative.length - 1] ?? 0);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) > aim) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
