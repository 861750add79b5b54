import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { norm } from '../vector/distance.js';
import { NearestList } from './nearest.js';

const vector = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 2 });

describe('NearestList', () => {
  it('keeps what sorting by distance gives, those first in order winning ties', () => {
    fc.assert(
      fc.property(fc.array(vector), vector, fc.integer({ min: 1, max: 20 }), (vectors, query, limit) => {
        const squared = (values: readonly number[]) =>
          values.reduce((sum, value, axis) => sum + (value - (query[axis] ?? 0)) ** 2, 0);
        const sorted = vectors.map((values, index) => ({ index, distance: squared(values) }));
        sorted.sort((a, b) => a.distance - b.distance || a.index - b.index);
        const list = new NearestList<{ index: number; vector: Float32Array; norm: number }>(
          'l2',
          Float32Array.from(query),
          limit,
        );
        vectors.forEach((values, index) => {
          const record = Float32Array.from(values);
          list.offer({ index, vector: record, norm: norm(record) });
        });
        expect(list.neighbours.map(({ record, distance }) => ({ index: record.index, distance }))).toEqual(
          sorted.slice(0, limit),
        );
      }),
    );
  });

  it('takes in what was measured elsewhere', () => {
    const list = new NearestList('l2', Float32Array.of(0), 2);
    const record = { vector: Float32Array.of(3), norm: 3 };
    list.add({ record, distance: 9 });
    list.add({ record, distance: 1 });
    list.add({ record, distance: 4 });
    expect(list.neighbours.map(({ distance }) => distance)).toEqual([1, 4]);
  });
});
