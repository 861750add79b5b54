import { describe, expect, it } from '@jest/globals';
import { judgeIds, judgePage, judgeQuery } from './answer-check.js';
import { idOf } from './dataset.js';

const expected = {
  indexes: [4, 2, 8],
  matches: (index: number) => index % 2 === 0,
  distanceTo: (index: number) => index / 10,
};

function judge(indexes: readonly number[], distances = indexes.map((index) => index / 10)) {
  return judgeQuery({ ids: [indexes.map(idOf)], distances: [distances] }, [expected]);
}

describe('an answer to a query', () => {
  it('has the share of the nearest that it found as its recall', () => {
    expect(judge([2, 4, 8])).toEqual({ recall: 1 });
    expect(judge([2, 4, 6]).recall).toBeCloseTo(2 / 3);
  });

  it('is wrong where a record is not one that matches, comes twice, is missing or is not there', () => {
    expect(judge([2, 3, 4]).fault).toContain('does not match');
    expect(judge([2, 2, 4]).fault).toContain('twice');
    expect(judge([2, 4]).fault).toContain('2 records instead of 3');
    expect(judgeQuery({ ids: [], distances: [] }, [expected]).fault).toContain('0 lists');
  });

  it('is wrong where its distances are, or their order', () => {
    expect(judge([2, 4, 8], [0.2, 0.4, 0.9]).fault).toContain('away');
    expect(judge([4, 2, 8]).fault).toContain('order');
  });
});

describe('an answer to a get', () => {
  it('has the ids that were asked for, in any order', () => {
    expect(judgeIds({ ids: ['b', 'a'] }, ['a', 'b'])).toEqual({});
    expect(judgeIds({ ids: ['a'] }, ['a', 'b']).fault).toBeDefined();
  });

  it('has a page of records that match', () => {
    const isEven = (index: number) => index % 2 === 0;
    expect(judgePage({ ids: [idOf(2)] }, 1, isEven)).toEqual({});
    expect(judgePage({ ids: [idOf(2)] }, 2, isEven).fault).toBeDefined();
    expect(judgePage({ ids: [idOf(3)] }, 1, isEven).fault).toBeDefined();
  });
});
