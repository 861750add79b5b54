import { describe, expect, it } from '@jest/globals';
import type { LoadRecord } from './load-record.js';
import { normalAgainMs } from './recovery.js';

/** One request each 20 ms. */
function load(fromMs: number, toMs: number, told: Partial<LoadRecord> = {}): readonly LoadRecord[] {
  return Array.from({ length: (toMs - fromMs) / 20 }, (_, place) => {
    const startMs = fromMs + place * 20;
    const took = { startMs, endMs: startMs + 5 };
    return { group: 'mirrored', status: 200, tier: 'mirror', blindMs: 0, ...took, ...told };
  });
}

const before = load(0, 5_000);

describe('service is normal again', () => {
  it('at once where nothing changed', () => {
    expect(normalAgainMs(load(5_000, 10_000), before, 5_000, 10_000)).toBe(5_000);
  });

  it('when the last errors are over', () => {
    const records = [...load(5_000, 7_000, { status: 503 }), ...load(7_000, 12_000)];
    expect(normalAgainMs(records, before, 5_000, 12_000)).toBe(7_000);
  });

  it('when mirrors answer again', () => {
    const records = [...load(5_000, 7_500, { tier: 'chroma' }), ...load(7_500, 13_000)];
    expect(normalAgainMs(records, before, 5_000, 13_000)).toBe(7_500);
  });

  it('not while it is slow, nor before four seconds have shown it', () => {
    const slow = load(5_000, 12_000).map((each) => ({ ...each, endMs: each.startMs + 900 }));
    expect(normalAgainMs(slow, before, 5_000, 12_000)).toBeUndefined();
    expect(normalAgainMs(load(5_000, 8_900), before, 5_000, 8_900)).toBeUndefined();
  });
});
