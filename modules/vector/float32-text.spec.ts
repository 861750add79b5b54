import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { float32Text } from './float32-text.js';

describe('float32Text', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-10, '-10.0'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(0.10000001), '0.10000001'],
    [Math.fround(1.1920929e-7), '1.1920929e-7'],
    [Math.fround(0.41202527), '0.41202527'],
    [9999999, '9999999.0'],
    [16777216, '16777216.0'],
    [137827264, '137827260.0'],
    [Math.fround(-0.00001), '-0.00001'],
    [Math.fround(1234567.9), '1234567.9'],
    [Math.fround(1e12), '1000000000000.0'],
    [Math.fround(1e13), '1e+13'],
    [Math.fround(-1.2345678e20), '-1.2345678e+20'],
    [2 ** -12, '0.00024414062'],
    [-(2 ** -12), '-0.00024414062'],
    [2097152.25, '2097152.2'],
    [2674908.75, '2674908.8'],
    [-341679.875, '-341679.88'],
    [2 ** -96, '1.2621775e-29'],
  ])('prints %p as ChromaDB does: %s', (value, text) => {
    expect(float32Text(value)).toBe(text);
  });

  it('reads back as the same float32, and is no longer than the shortest of toPrecision', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = float32Text(value);
        expect(Object.is(Math.fround(Number(text)), value)).toBe(true);
        const precisions = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digits) => value.toPrecision(digits));
        const shortest = Number(precisions.find((candidate) => Math.fround(Number(candidate)) === value));
        expect(String(Number(text)).length).toBeLessThanOrEqual(String(shortest).length);
      }),
      { numRuns: 5_000 },
    );
  });
});
