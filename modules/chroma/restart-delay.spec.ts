import { describe, expect, it } from '@jest/globals';
import { restartDelayMs } from './restart-delay.js';

describe('restartDelayMs', () => {
  it('doubles from death to death up to a bound', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8].map(restartDelayMs)).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000,
    ]);
  });

  it.each([0, -1])('waits the least after %p deaths', (deaths) => {
    expect(restartDelayMs(deaths)).toBe(100);
  });

  it('stays bounded after very many', () => {
    expect(restartDelayMs(100_000)).toBe(5_000);
  });
});
