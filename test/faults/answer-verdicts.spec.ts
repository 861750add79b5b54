import { describe, expect, it } from '@jest/globals';
import { hungRequests, wrongAnswers, type Circumstances } from './answer-verdicts.js';
import type { LoadRecord } from './load-record.js';

const NOTHING_DONE: Circumstances = {
  deadlineMs: 2_000,
  graceMs: 250,
  frozen: [],
  gone: [],
  goneForCertain: [],
  garbling: [],
};

function record(told: Partial<LoadRecord>): LoadRecord {
  return { group: 'mirrored', startMs: 0, endMs: 10, status: 200, tier: 'mirror', blindMs: 0, ...told };
}

const isHung = (told: Partial<LoadRecord>, done: Partial<Circumstances> = {}) =>
  hungRequests([record(told)], { ...NOTHING_DONE, ...done }).length === 1;

const wrongs = (told: Partial<LoadRecord>, done: Partial<Circumstances> = {}) =>
  wrongAnswers([record(told)], { ...NOTHING_DONE, ...done });

describe('a request hangs', () => {
  it('when it ends more than 250 ms after its deadline', () => {
    expect([2_250, 2_251].map((endMs) => isHung({ endMs }))).toEqual([false, true]);
  });

  it('but not for what the load itself could not see', () => {
    expect(isHung({ endMs: 2_300, blindMs: 50 })).toBe(false);
  });

  it('from the thaw on, where a frozen Tidegate could not get it, or not end it', () => {
    const frozen = [{ fromMs: 1_000, toMs: 4_000 }];
    expect([6_250, 6_251].map((endMs) => isHung({ startMs: 1_500, endMs }, { frozen }))).toEqual([
      false,
      true,
    ]);
    expect([4_250, 4_251].map((endMs) => isHung({ startMs: 500, endMs }, { frozen }))).toEqual([false, true]);
  });
});

describe('an answer is wrong', () => {
  it('when who sent it judged so', () => {
    expect(wrongs({ wrong: 'a record twice' })).toEqual(['mirrored by mirror: a record twice']);
  });

  it('when it tells that a collection is not there, which is', () => {
    const gone = [{ fromMs: 0, toMs: 20 }];
    expect(wrongs({ status: 404 })).toHaveLength(1);
    expect(wrongs({ status: 404 }, { gone })).toEqual([]);
  });

  it('when it tells of what was known to be gone', () => {
    const goneForCertain = [{ fromMs: 0, toMs: 20 }];
    expect(wrongs({}, { goneForCertain })).toHaveLength(1);
    expect(wrongs({ status: 503 }, { goneForCertain })).toEqual([]);
    expect(wrongs({ endMs: 25 }, { goneForCertain })).toEqual([]);
  });

  it('when it is garbled, unless the network garbled what ChromaDB answered just then', () => {
    const garbled = { noAnswer: 'garbled', tier: 'chroma' } as const;
    const garbling = [{ fromMs: 5, toMs: 20 }];
    expect(wrongs(garbled)).toHaveLength(1);
    expect(wrongs(garbled, { garbling })).toEqual([]);
    expect(wrongs({ ...garbled, tier: 'answer-cache' }, { garbling })).toHaveLength(1);
  });
});
