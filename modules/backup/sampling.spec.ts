import { describe, expect, it } from '@jest/globals';
import { overlap, samplePlaces } from './sampling.js';

const query = (ids: string[], distances: number[]) => ({ embedding: [1], ids, distances });

describe('samplePlaces', () => {
  it('spreads samples from the first record to the last', () => {
    expect([...samplePlaces(101, 5)]).toEqual([0, 25, 50, 75, 100]);
    expect([...samplePlaces(3, 5)]).toEqual([0, 1, 2]);
    expect([...samplePlaces(1, 5)]).toEqual([0]);
    expect([...samplePlaces(0, 5)]).toEqual([]);
  });
});

describe('overlap', () => {
  const all = new Set(['a', 'b', 'c']);

  it('is the share of what was found that is found again', () => {
    expect(overlap([query(['a', 'b'], [0, 1])], [query(['a', 'c'], [0, 2])], all)).toBe(0.5);
    expect(overlap([query(['a', 'b'], [0, 1])], [query(['b', 'a'], [1, 0])], all)).toBe(1);
    expect(overlap([query(['a', 'b'], [0, 1])], [query([], [])], all)).toBe(0);
  });

  it('takes an equally near record for the one that was found', () => {
    expect(overlap([query(['a', 'b'], [0, 1])], [query(['a', 'c'], [0, 1])], all)).toBe(1);
  });

  it('leaves out what the backup does not have', () => {
    expect(overlap([query(['new', 'a'], [0, 1])], [query(['a'], [1])], all)).toBe(1);
    expect(overlap([query(['new'], [0])], [query(['a'], [1])], all)).toBe(1);
  });
});
