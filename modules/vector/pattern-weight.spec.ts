import { describe, expect, it } from '@jest/globals';
import { patternWeight } from './pattern-weight.js';

describe('patternWeight', () => {
  it.each([
    ['', 0],
    ['river', 5],
    ['(a+)+$', 6],
    ['a{3}', 12],
    ['a{2,5}b{4}', 50],
    ['(ab){3}', 21],
    ['(a{2}b){3}', 60],
    ['((a{2}){3}){4}', 336],
    ['a{2}{3}', 42],
    ['a{2}?{3}', 48],
    ['\\w', 12],
    ['[\\w-]{2}', 36],
    ['\\x{41}', 6],
    ['\\\\x{41}', 287],
    ['\\{41}', 5],
    ['[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}', 1_476],
    ['\\d{1,3}(\\.\\d{1,3}){3}', 369],
  ])('writes the repetitions of %s out', (pattern, weight) => {
    expect(patternWeight(pattern)).toBe(weight);
  });

  it.each([
    'a'.repeat(1_001),
    '\\w{61}',
    '(\\w{1,500}){1,20}',
    '((a{100}){100}){100}',
    '[)](a{1000}[(]){1000}',
    'a{99999999999999999999}',
    '(?x)a {1000}',
    '(?i-sx:a #{\n)',
  ])('leaves the large out: %#', (pattern) => {
    expect(patternWeight(pattern)).toBeUndefined();
  });
});
