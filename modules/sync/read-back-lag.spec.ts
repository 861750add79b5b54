import { describe, expect, it } from '@jest/globals';
import { ReadBackLag } from './read-back-lag.js';

describe('ReadBackLag', () => {
  it('is none where nothing waits', () => {
    expect(new ReadBackLag().report(0, 500)).toEqual({ records: 0, oldestMs: 0 });
  });

  it('is as old as the oldest that waits', () => {
    const lag = new ReadBackLag();
    lag.note(100);
    lag.note(300);
    expect(lag.report(2, 500)).toEqual({ records: 2, oldestMs: 400 });
  });

  it('counts what is being read, until it is read', () => {
    const lag = new ReadBackLag();
    lag.note(100);
    lag.begin(2);
    lag.note(300);
    expect(lag.report(1, 500)).toEqual({ records: 3, oldestMs: 400 });
    lag.end(false);
    expect(lag.report(1, 500)).toEqual({ records: 1, oldestMs: 200 });
  });

  it('is as old as it was where reading failed', () => {
    const lag = new ReadBackLag();
    lag.note(100);
    lag.begin(2);
    lag.note(300);
    lag.end(true);
    expect(lag.report(3, 500)).toEqual({ records: 3, oldestMs: 400 });
  });
});
