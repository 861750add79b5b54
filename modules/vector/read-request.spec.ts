import { describe, expect, it } from '@jest/globals';
import type { RankedSearch } from './ranked-search.js';
import { dimensionOf, isFiltered, type NearestRequest, type ReadRequest } from './read-request.js';

const FILTER = { where: undefined, ids: ['a'] };
const select = { documents: false, embeddings: false, metadata: false, scores: false, fields: [] };
const SEARCH: RankedSearch = {
  filter: undefined,
  rank: undefined,
  groupBy: undefined,
  offset: 0,
  limit: 1,
  select,
};
const vectors = Buffer.from('[[1,2]]');
const NEAREST: NearestRequest = { kind: 'nearest', vectors, count: 1, limit: 1, include: [] };

const ranked = (dimension: number | undefined, ...searches: RankedSearch[]): ReadRequest => ({
  kind: 'ranked',
  dimension,
  searches,
});

describe('dimensionOf', () => {
  it('is that of the vectors, where there are any', () => {
    expect(dimensionOf(NEAREST)).toBeUndefined();
    expect(dimensionOf(ranked(3, SEARCH))).toBe(3);
    expect(dimensionOf(ranked(undefined, SEARCH))).toBeUndefined();
    expect(dimensionOf({ kind: 'count' })).toBeUndefined();
  });
});

describe('isFiltered', () => {
  it('holds when any part has a filter', () => {
    expect(isFiltered({ ...NEAREST, filter: FILTER })).toBe(true);
    expect(isFiltered({ kind: 'records', filter: FILTER, offset: 0, limit: 1, include: [] })).toBe(true);
    expect(isFiltered(ranked(3, SEARCH, { ...SEARCH, filter: FILTER }))).toBe(true);
  });

  it('does not hold without one', () => {
    expect(isFiltered(NEAREST)).toBe(false);
    expect(isFiltered({ ...NEAREST, filter: undefined })).toBe(false);
    expect(isFiltered({ kind: 'count' })).toBe(false);
    expect(isFiltered(ranked(3, SEARCH))).toBe(false);
  });
});
