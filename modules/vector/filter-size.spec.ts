import { describe, expect, it } from '@jest/globals';
import { fitsOneStatement } from './filter-size.js';
import type { Operand, Where } from './where.js';

const condition: Where = {
  kind: 'comparison',
  key: 'a',
  operator: '$eq',
  operand: { type: 'int', value: 1 },
};
const repeated = <T>(count: number, each: T): T[] => Array.from({ length: count }, () => each);
const both = (...children: Where[]): Where => ({ kind: 'and', children });

function anyOf(count: number): Where {
  const operands = repeated<Operand>(count, { type: 'int', value: 1 });
  return { kind: 'in', key: 'a', negated: false, operands };
}

describe('fitsOneStatement', () => {
  it.each<[string, Where | undefined, number | undefined, boolean]>([
    ['no ids', undefined, 0, true],
    ['30,000 ids', undefined, 30_000, true],
    ['30,001 ids', undefined, 30_001, false],
    ['a condition', condition, undefined, true],
    ['14,998 operands', anyOf(14_998), undefined, true],
    ['14,999 operands', anyOf(14_999), undefined, false],
    ['many operands and many ids', anyOf(10_000), 10_000, false],
    ['499 conditions', both(...repeated(499, condition)), undefined, true],
    ['500 conditions', both(...repeated(500, condition)), undefined, false],
    ['250 conditions twice', both(...repeated(2, both(...repeated(250, condition)))), undefined, false],
  ])('%s', (_, where, ids, fits) => {
    expect(fitsOneStatement({ where, ids: ids === undefined ? undefined : repeated(ids, 'x') })).toBe(fits);
  });
});
