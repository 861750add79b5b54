import { describe, expect, it } from '@jest/globals';
import { retryPauseMs } from './retry-pause.js';

const PAUSES = { most: 4, baseMs: 50, maxMs: 300 };

describe('retryPauseMs', () => {
  it('is any part of a bound that doubles and is capped', () => {
    const bounds = [1, 2, 3, 4].map((retry) => retryPauseMs(retry, 1, PAUSES));
    expect(bounds).toEqual([50, 100, 200, 300]);
    expect([1, 2, 3, 4].map((retry) => retryPauseMs(retry, 0, PAUSES))).toEqual([0, 0, 0, 0]);
    expect(retryPauseMs(2, 0.25, PAUSES)).toBe(25);
  });

  it('ends after the last retry', () => {
    expect(retryPauseMs(5, 0.5, PAUSES)).toBeUndefined();
    expect(retryPauseMs(1, 0.5, { ...PAUSES, most: 0 })).toBeUndefined();
  });
});
