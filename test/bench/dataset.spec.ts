import { describe, expect, it } from '@jest/globals';
import { Dataset, dot, idOf } from './dataset.js';
import { ExactSearch } from './exact-search.js';

describe('generated records', () => {
  const dataset = new Dataset(4, 2_000);
  const indexes = Array.from({ length: dataset.count }, (_, index) => index);
  const share = (matches: (index: number) => boolean) => indexes.filter(matches).length / dataset.count;

  it('are the same for the same seed, and others for another', () => {
    const records = (seed: number) => {
      const { count, ...made } = new Dataset(seed, 50);
      const each = new Dataset(seed, count);
      return JSON.stringify([made, each.metadata(7), each.document(7), each.subject(7)]);
    };
    expect(records(4)).toBe(records(4));
    expect(records(4)).not.toBe(records(5));
  });

  it('have vectors of unit length, ids of one length and 22 words', () => {
    for (const index of [0, 999, 1_999]) {
      expect(dot(dataset.vector(index), dataset.vector(index))).toBeCloseTo(1, 5);
      expect(idOf(index)).toHaveLength(8);
      expect(dataset.document(index).split(' ')).toHaveLength(22);
    }
  });

  it('match filters in known shares', () => {
    const { bucket, topic, language, access } = dataset.metadata(17);
    expect(share((index) => dataset.metadata(index).bucket === bucket)).toBe(0.001);
    expect(share((index) => dataset.metadata(index).topic === topic)).toBe(0.01);
    expect(share((index) => dataset.metadata(index).language === language)).toBe(0.1);
    expect(share((index) => dataset.metadata(index).access === access)).toBe(0.5);
    expect(share((index) => dataset.subject(index) === 40)).toBe(0.01);
    expect(share((index) => dataset.document(index).includes('subject40'))).toBe(0.01);
  });

  it('are found by exact search as by sorting all that match', () => {
    const asked = new Dataset(9, 1).vector(0);
    const matches = (index: number) => index % 3 === 1;
    const sorted = indexes
      .filter(matches)
      .sort((one, other) => dot(dataset.vector(other), asked) - dot(dataset.vector(one), asked));
    const found = new ExactSearch(dataset).nearest(asked, 10, matches);
    expect(found).toEqual({ indexes: sorted.slice(0, 10), matching: sorted.length });
    const few = new ExactSearch(dataset).nearest(asked, 10, (index) => index < 4);
    expect([...few.indexes].sort()).toEqual([0, 1, 2, 3]);
  });
});
