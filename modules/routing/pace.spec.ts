import { describe, expect, it } from '@jest/globals';
import { isMirrorSlower, NO_PACE, PACE_POLICY, shouldExplore, type Pace } from './pace.js';

const { minSamples, fastEnoughMs, slowerFactor, recoveredFactor } = PACE_POLICY;
const median = (p50Ms: number, count = minSamples) => ({ count, p50Ms, p95Ms: p50Ms });
const pace = (mirrorMs: number, chromaMs: number, more: Partial<Pace> = {}): Pace => ({
  ...NO_PACE,
  mirror: median(mirrorMs),
  chroma: median(chromaMs),
  ...more,
});

describe('isMirrorSlower', () => {
  it('needs the named factor', () => {
    expect(isMirrorSlower(pace(100 * slowerFactor, 100), PACE_POLICY)).toBe(false);
    expect(isMirrorSlower(pace(100 * slowerFactor + 0.1, 100), PACE_POLICY)).toBe(true);
  });

  it('needs enough durations of both', () => {
    const few = median(1_000, minSamples - 1);
    expect(isMirrorSlower(pace(1_000, 10, { mirror: few }), PACE_POLICY)).toBe(false);
    expect(isMirrorSlower(pace(1_000, 10, { chroma: median(10, minSamples - 1) }), PACE_POLICY)).toBe(false);
    expect(isMirrorSlower(NO_PACE, PACE_POLICY)).toBe(false);
  });

  it('lets a fast mirror be, however fast ChromaDB is', () => {
    expect(isMirrorSlower(pace(fastEnoughMs, 0.1), PACE_POLICY)).toBe(false);
    expect(isMirrorSlower(pace(fastEnoughMs, 0.1, { mirrorWasSlower: true }), PACE_POLICY)).toBe(false);
  });

  it('takes the mirror back only when it has come close', () => {
    const between = 100 * ((slowerFactor + recoveredFactor) / 2);
    expect(isMirrorSlower(pace(between, 100), PACE_POLICY)).toBe(false);
    expect(isMirrorSlower(pace(between, 100, { mirrorWasSlower: true }), PACE_POLICY)).toBe(true);
    const close = pace(100 * recoveredFactor, 100, { mirrorWasSlower: true });
    expect(isMirrorSlower(close, PACE_POLICY)).toBe(false);
  });
});

describe('shouldExplore', () => {
  const due = { explorationDue: true };

  it('tries a slower mirror again when it is due', () => {
    expect(shouldExplore(pace(100, 10, due), true, PACE_POLICY)).toBe(true);
    expect(shouldExplore(pace(100, 10), true, PACE_POLICY)).toBe(false);
  });

  it('tries ChromaDB only for a slow mirror, and until enough is known', () => {
    const unknown = { ...due, chroma: median(10, minSamples - 1) };
    expect(shouldExplore(pace(100, 10, unknown), false, PACE_POLICY)).toBe(true);
    expect(shouldExplore(pace(100, 60, due), false, PACE_POLICY)).toBe(false);
    expect(shouldExplore(pace(fastEnoughMs, 10, unknown), false, PACE_POLICY)).toBe(false);
    expect(shouldExplore({ ...NO_PACE, ...due }, false, PACE_POLICY)).toBe(false);
  });
});
