import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nearest } from './nearest.js';

const vector = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 2 });

describe('nearest', () => {
  it('gives what sorting by distance gives, those first in order winning ties', () => {
    fc.assert(
      fc.property(fc.array(vector), vector, fc.integer({ min: 1, max: 20 }), (vectors, query, limit) => {
        const records = vectors.map((values, index) => ({ index, vector: Float32Array.from(values) }));
        const squared = (values: readonly number[]) =>
          values.reduce((sum, value, axis) => sum + (value - (query[axis] ?? 0)) ** 2, 0);
        const sorted = vectors.map((values, index) => ({ index, distance: squared(values) }));
        sorted.sort((a, b) => a.distance - b.distance || a.index - b.index);
        const found = nearest('l2', Float32Array.from(query), records, limit);
        expect(found.map(({ record, distance }) => ({ index: record.index, distance }))).toEqual(
          sorted.slice(0, limit),
        );
      }),
    );
  });
});
