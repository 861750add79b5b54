import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { driftOfListing, driftOfRecords, misplaced } from './drift.js';

const untouched = () => false;

describe('misplaced', () => {
  it.each([
    [[], 0],
    [[3, 5, 9], 0],
    [[5, 9, 3], 1],
    [[9, 3, 5], 1],
    [[3, 2, 1], 2],
    [[4, 5, 6, 1, 2, 3], 3],
  ])('of %j is %i', (places, moves) => {
    expect(misplaced(places)).toBe(moves);
  });

  it('is the least that must be taken out for the rest to rise', () => {
    const rising = (places: readonly number[]) =>
      places.every((place, index) => place > (places[index - 1] ?? -1));
    const property = fc.property(fc.uniqueArray(fc.nat(20), { maxLength: 9 }), (places) => {
      const subsets = Array.from({ length: 2 ** places.length }, (_, bits) =>
        places.filter((__, index) => bits & (1 << index)),
      );
      const most = Math.max(...subsets.filter(rising).map(({ length }) => length));
      expect(misplaced(places)).toBe(places.length - most);
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('driftOfListing', () => {
  const ids = ['a', 'b', 'c'];

  it('finds none where the mirror has all in the same order', () => {
    const { records, list } = driftOfListing(
      ids,
      { places: Float64Array.of(1, 4, 7), unlisted: [] },
      untouched,
    );
    expect([records, list]).toEqual([0, false]);
  });

  it('tells missing, extra and misplaced records, each once', () => {
    const found = driftOfListing(ids, { places: Float64Array.of(7, -1, 4), unlisted: ['x'] }, untouched);
    expect(found.counts).toMatchObject({ missing: 1, extra: 1, order: 1 });
    expect([found.records, found.read, found.list]).toEqual([3, ['b'], true]);
  });

  it('leaves out what writes touched, also in the order of the others', () => {
    const places = { places: Float64Array.of(7, -1, 4), unlisted: ['x'] };
    const found = driftOfListing(ids, places, (id) => ['a', 'b', 'x'].includes(id));
    expect(found.records).toBe(0);
  });
});

describe('driftOfRecords', () => {
  it('counts each kind, and each record once', () => {
    const found = driftOfRecords([
      { id: 'a', kinds: ['vector', 'document'] },
      { id: 'b', kinds: ['extra'] },
    ]);
    expect(found.counts).toMatchObject({ vector: 1, document: 1, extra: 1 });
    expect([found.records, found.read, found.list]).toEqual([2, ['a', 'b'], false]);
  });

  it('has all listed where a record comes in', () => {
    expect(driftOfRecords([{ id: 'a', kinds: ['missing'] }]).list).toBe(true);
  });
});
