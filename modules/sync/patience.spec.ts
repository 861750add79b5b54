import { describe, expect, it } from '@jest/globals';
import { Patience } from './patience.js';

function pauses(patience: Patience, most = Number.POSITIVE_INFINITY, failureMs = 0): number[] {
  const taken: number[] = [];
  for (let ms; (ms = patience.pauseMs(failureMs)) !== undefined;) {
    taken.push(ms);
    if (taken.length === most) break;
  }
  return taken;
}

describe('Patience', () => {
  it('doubles its pauses up to ten seconds, and takes no more in all than it has', () => {
    expect(pauses(new Patience(40_000))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 4_250,
    ]);
  });

  it('begins with short pauses after a success, but what is spent stays spent', () => {
    const patience = new Patience(2_000);
    expect(pauses(patience, 2)).toEqual([250, 500]);
    patience.renew();
    expect(pauses(patience)).toEqual([250, 500, 500]);
  });

  it('counts the time that failures take', () => {
    expect(pauses(new Patience(5_000), undefined, 1_000)).toEqual([250, 500, 1_000]);
  });

  it('has no pause where it may not wait at all', () => {
    expect(pauses(new Patience(0))).toEqual([]);
  });
});
