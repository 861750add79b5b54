import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, idsOf, overlapOf } from './id-overlap.js';

describe('overlapOf', () => {
  it.each([
    ['equal', [['a', 'b']], [['a', 'b']], 1],
    ['in another order', [['b', 'a']], [['a', 'b']], 1],
    ['half of it', [['a', 'c']], [['a', 'b']], 0.5],
    ['fewer', [['a']], [['a', 'b']], 0.5],
    ['more', [['a', 'b']], [['a']], 0.5],
    ['both without any', [[]], [[]], 1],
    ['one without any', [[]], [['a']], 0],
    ['averaged over vectors', [['a'], ['x']], [['a'], ['b']], 0.5],
    ['a vector missing', [['a']], [['a'], ['b']], 0.5],
    ['no vectors', [], [], 1],
  ])('%s', (_, some, others, expected) => {
    expect(overlapOf(some, others)).toBe(expected);
  });

  it('is from 0 to 1, the same both ways, and 1 with itself', () => {
    const lists = fc.array(
      fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { maxLength: 6 }),
      {
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(lists, lists, (some, others) => {
        const overlap = overlapOf(some, others);
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1);
        expect(overlapOf(others, some)).toBeCloseTo(overlap, 12);
        expect(overlapOf(some, some)).toBe(1);
      }),
    );
  });
});

describe('idsOf', () => {
  it('reads the ids of an answer', () => {
    const ids = idsOf(Buffer.from('{"ids":[["a","b"],["c"]],"distances":null}'));
    expect(ids).toEqual([['a', 'b'], ['c']]);
    expect(countOf(ids)).toBe(3);
  });
});
