import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { comparedRange } from './where.js';

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 1.5, -1.5, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE),
);

const HOLDS = {
  $eq: (a: number, b: number) => a === b,
  $gt: (a: number, b: number) => a > b,
  $gte: (a: number, b: number) => a >= b,
  $lt: (a: number, b: number) => a < b,
  $lte: (a: number, b: number) => a <= b,
};
const operators = Object.keys(HOLDS) as (keyof typeof HOLDS)[];

describe('comparedRange', () => {
  it('holds for the numbers that the comparison holds for', () => {
    const near = fc
      .tuple(number, fc.oneof(fc.constant(0), number))
      .map(([a, b]) => [a, b === 0 ? a : b] as const);
    fc.assert(
      fc.property(fc.constantFrom(...operators), near, (operator, [operand, stored]) => {
        const { low, high } = comparedRange(operator, operand, false);
        expect(stored >= low && stored <= high).toBe(HOLDS[operator](stored, operand));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['$eq', 1, 1],
    ['$gt', 2, Number.POSITIVE_INFINITY],
    ['$gte', 1, Number.POSITIVE_INFINITY],
  ] as const)('cuts the fraction of 1.5 off for whole numbers: %s', (operator, low, high) => {
    const range = comparedRange(operator, 1.5, true);
    expect([Math.ceil(range.low), range.high]).toEqual([low, high]);
  });
});
