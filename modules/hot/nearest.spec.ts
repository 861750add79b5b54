import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distance, norm } from '../vector/distance.js';
import { NearestList } from './nearest.js';

const vector = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 2 });

const measured = (vector: Float32Array) => ({ vector, norm: norm(vector) });

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

  it.each(['l2', 'ip', 'cosine'] as const)(
    'keeps the nearest that are wanted of long vectors that are next to each other: %s',
    (space) => {
      // So near that single precision cannot tell all of them apart.
      const near = (seed: number) =>
        measured(
          Float32Array.from(
            { length: 100 },
            (_, axis) => Math.cos(axis) + 1e-4 * Math.sin(seed * 97 + axis ** 2),
          ),
        );
      const records = Array.from({ length: 2_000 }, (_, seed) => near(seed));
      const query = near(-1);
      const list = new NearestList(space, query.vector, 10);
      const wanted = new Set(records.filter((_, number) => number % 3 > 0));
      for (const record of records) list.offer(record, (each) => wanted.has(each));
      const distances = [...wanted].map((record) => Math.fround(distance(space, query, record)));
      expect(list.neighbours.map((each) => each.distance)).toEqual(
        distances.sort((a, b) => a - b).slice(0, 10),
      );
    },
  );

  it('takes in what was measured elsewhere', () => {
    const list = new NearestList('l2', Float32Array.of(0), 2);
    const record = { vector: Float32Array.of(3), norm: 3 };
    list.add({ record, distance: 9 });
    list.add({ record, distance: 1 });
    list.add({ record, distance: 4 });
    expect(list.neighbours.map(({ distance }) => distance)).toEqual([1, 4]);
  });
});
