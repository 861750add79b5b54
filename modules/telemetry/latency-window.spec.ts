import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LatencyWindow } from './latency-window.js';

const CAPACITY = 64;
const MAX_AGE_MS = 30_000;
const EMPTY = { count: 0, p50Ms: undefined, p95Ms: undefined };

function windowOf(durations: readonly number[], atMs = 0): LatencyWindow {
  const window = new LatencyWindow();
  for (const duration of durations) window.record(duration, atMs);
  return window;
}

describe('LatencyWindow', () => {
  it('says nothing while it is empty', () => {
    expect(new LatencyWindow().read(0)).toEqual(EMPTY);
  });

  it('gives the nearest ranks', () => {
    const hundredths = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(windowOf(hundredths).read(1)).toEqual({ count: 20, p50Ms: 10, p95Ms: 19 });
    expect(windowOf([7]).read(1)).toEqual({ count: 1, p50Ms: 7, p95Ms: 7 });
  });

  it('equals a plain calculation over the latest durations', () => {
    const durations = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(durations, (all) => {
        const latest = all.slice(-CAPACITY).sort((a, b) => a - b);
        const rank = (share: number) => latest[Math.ceil(share * latest.length) - 1];
        const expected = { count: latest.length, p50Ms: rank(0.5), p95Ms: rank(0.95) };
        expect(windowOf(all).read(1)).toEqual(expected);
      }),
    );
  });

  it('forgets what is too old', () => {
    const window = windowOf([100], 0);
    window.record(1, MAX_AGE_MS);
    expect(window.read(MAX_AGE_MS).count).toBe(2);
    expect(window.read(MAX_AGE_MS + 1_000)).toEqual({ count: 1, p50Ms: 1, p95Ms: 1 });
    expect(window.read(2 * MAX_AGE_MS + 1)).toEqual(EMPTY);
  });

  it('hands the same reading out for a second', () => {
    const window = windowOf([5], 0);
    const first = window.read(0);
    window.record(500, 1);
    expect(window.read(999)).toBe(first);
    expect(window.read(1_000).count).toBe(2);
  });

  it('looks again at once where it found nothing', () => {
    const window = new LatencyWindow();
    window.read(0);
    window.record(5, 1);
    expect(window.read(1).count).toBe(1);
  });
});
