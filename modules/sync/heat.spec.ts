import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ASSUMED_CHROMA_MS, ASSUMED_MIRROR_MS, LEAST_SAVED_MS, HALF_LIFE_MS, Heat } from './heat.js';

const tier = fc.constantFrom('answer-cache' as const, 'mirror' as const, 'chroma' as const);
const answers = fc.array(fc.tuple(tier, fc.double({ min: 0, max: 1_000, noNaN: true }), fc.nat(100_000)));

describe('Heat', () => {
  it('is none before the first query', () => {
    const heat = new Heat();
    expect([heat.queriesPerSecond(5), heat.perByte(1, 5), heat.askedWithin(1_000, 5)]).toEqual([0, 0, 0]);
  });

  it('comes to the rate of a steady stream of queries', () => {
    const heat = new Heat();
    const everyMs = 500;
    let now = 0;
    for (; now < 20 * HALF_LIFE_MS; now += everyMs) heat.answered('mirror', 1, now);
    expect(heat.queriesPerSecond(now)).toBeCloseTo(2, 2);
  });

  it('halves within a half-life of silence', () => {
    const heat = new Heat();
    for (let count = 0; count < 100; count++) heat.answered('chroma', 4, 1_000);
    const before = heat.queriesPerSecond(1_000);
    expect(heat.queriesPerSecond(1_000 + HALF_LIFE_MS)).toBeCloseTo(before / 2, 10);
    expect(heat.perByte(10, 1_000 + HALF_LIFE_MS)).toBeCloseTo(heat.perByte(10, 1_000) / 2, 10);
  });

  it('assumes what the tiers take until it is measured', () => {
    const heat = new Heat();
    expect(heat.savedMs).toBe(ASSUMED_CHROMA_MS - ASSUMED_MIRROR_MS);
    heat.answered('chroma', 20, 0);
    expect(heat.savedMs).toBe(20 - ASSUMED_MIRROR_MS);
    heat.answered('mirror', 2, 0);
    expect(heat.savedMs).toBe(18);
  });

  it('saves the least where the mirror was the slower one: ChromaDB is spared anyway', () => {
    const heat = new Heat();
    heat.answered('chroma', 1, 0);
    heat.answered('mirror', 5, 0);
    expect(heat.savedMs).toBe(LEAST_SAVED_MS);
    expect(heat.perByte(1, 0)).toBeGreaterThan(0);
  });

  it('forgets old times over new ones', () => {
    const heat = new Heat();
    for (let count = 0; count < 50; count++) heat.answered('chroma', 100, 0);
    for (let count = 0; count < 50; count++) heat.answered('chroma', 10, 10 * HALF_LIFE_MS);
    expect(heat.savedMs + ASSUMED_MIRROR_MS).toBeLessThan(11);
  });

  it('counts what the answer cache answers, but is not heated by it', () => {
    const heat = new Heat();
    heat.answered('answer-cache', 0.1, 0);
    expect(heat.answers).toEqual({ 'answer-cache': 1, mirror: 0, chroma: 0, stale: 0 });
    expect([heat.queriesPerSecond(0), heat.askedWithin(1_000, 0)]).toEqual([0, 0]);
  });

  it('tells whether it was asked for several times within a window', () => {
    const heat = new Heat();
    for (const now of [0, 100, 200, 1_000]) heat.answered('chroma', 1, now);
    expect([heat.askedWithin(800, 1_000), heat.askedWithin(799, 1_000)]).toEqual([2, 1]);
    expect(heat.askedWithin(10_000, 1_000)).toBe(3);
  });

  it('is a finite number from zero on, whatever happens', () => {
    fc.assert(
      fc.property(answers, fc.nat(1e9), (list, bytes) => {
        const heat = new Heat();
        let now = 0;
        for (const [by, milliseconds, passed] of list) heat.answered(by, milliseconds, (now += passed));
        const value = heat.perByte(bytes, now);
        expect(Number.isFinite(value) && value >= 0).toBe(true);
        expect(Object.values(heat.answers).reduce((sum, count) => sum + count, 0)).toBe(list.length);
      }),
    );
  });
});
