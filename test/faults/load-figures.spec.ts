import { describe, expect, it } from '@jest/globals';
import { figuresByGroup, figuresOf, sentIn, slopeOf } from './load-figures.js';
import type { LoadRecord } from './load-record.js';

const records = Array.from({ length: 100 }, (_, place): LoadRecord => {
  const answer = { status: place % 10 === 0 ? 503 : 200, tier: 'chroma', blindMs: 0 };
  return { group: 'forced', startMs: place, endMs: 2 * place + 1, ...answer };
});

describe('figures of the load', () => {
  it('count errors and rank times', () => {
    expect(figuresOf(records)).toEqual({ requests: 100, errors: 10, p50Ms: 51, p99Ms: 100, maxMs: 100 });
    expect(figuresOf([])).toEqual({ requests: 0, errors: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  it('are told by group', () => {
    const { forced, mirrored } = figuresByGroup(records);
    expect([forced.requests, mirrored.requests]).toEqual([100, 0]);
  });

  it('take what was sent in a span, however late it ended', () => {
    expect(sentIn(records, { fromMs: 90, toMs: 95 }).map(({ startMs }) => startMs)).toEqual([
      90, 91, 92, 93, 94,
    ]);
  });

  it('draw a line through points', () => {
    expect(slopeOf([1, 2, 3, 4].map((x) => ({ x, y: 7 - 2 * x })))).toBeCloseTo(-2);
    expect(slopeOf([{ x: 1, y: 5 }])).toBe(0);
  });
});
