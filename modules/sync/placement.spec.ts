import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CollectionId } from '../vector/collection-id.js';
import { PINS } from './pin.js';
import {
  decidePlacement,
  HYSTERESIS,
  MIN_ASKED,
  roomToGrow,
  type Candidate,
  type Placement,
  type PlacementRules,
} from './placement.js';
import { idOf } from './sync-world.fake.js';

const BUDGET = 100;
const RULES: PlacementRules = { budgetBytes: BUDGET, minResidenceMs: 1_000, nowMs: 10_000 };
const LONG_AGO = 0;
const MOST_RUNS = 30;

function candidate(number: number, given: Partial<Candidate> = {}): Candidate {
  const defaults = { pin: 'auto', state: 'absent', heat: 1, bytes: 40 } as const;
  return { id: idOf(number), ...defaults, mirroredSinceMs: LONG_AGO, asked: MIN_ASKED, ...given };
}

const mirrored = (number: number, given: Partial<Candidate> = {}) =>
  candidate(number, { state: 'mirrored', ...given });

const ids = (...numbers: number[]) => numbers.map(idOf);

/** The same candidates after the moves were made. */
function moved(candidates: readonly Candidate[], placement: Placement, nowMs: number): Candidate[] {
  return candidates.map((each) => {
    if (placement.warm.includes(each.id)) return { ...each, state: 'mirrored', mirroredSinceMs: nowMs };
    return placement.evict.includes(each.id) ? { ...each, state: 'absent' } : each;
  });
}

function heldBytes(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { state, bytes }) => (state === 'mirrored' ? sum + bytes : sum), 0);
}

const anyCandidates = fc
  .array(
    fc.record({
      pin: fc.oneof({ weight: 3, arbitrary: fc.constant('auto' as const) }, fc.constantFrom(...PINS)),
      state: fc.constantFrom('mirrored' as const, 'absent' as const),
      heat: fc.oneof(fc.constantFrom(0, 1, 2), fc.double({ min: 0, max: 10, noNaN: true })),
      bytes: fc.nat(120),
      mirroredSinceMs: fc.constantFrom(LONG_AGO, RULES.nowMs - 1),
      asked: fc.nat(MIN_ASKED),
    }),
    { maxLength: 14 },
  )
  .map((list) => list.map((each, number) => candidate(number, each)));

describe('decidePlacement', () => {
  it('mirrors what fits at its first query, hottest first', () => {
    const given = [candidate(1, { asked: 1, heat: 1 }), candidate(2, { asked: 1, heat: 2 })];
    expect(decidePlacement(given, RULES)).toEqual({ warm: ids(2, 1), evict: [], rejected: [] });
  });

  it('tries a collection of unknown size', () => {
    const given = [mirrored(1, { bytes: BUDGET }), candidate(2, { bytes: 0, asked: 1, heat: 0 })];
    expect(decidePlacement(given, RULES).warm).toEqual(ids(2));
  });

  it('replaces the coldest by what is hotter', () => {
    const given = [mirrored(1, { heat: 2 }), mirrored(2, { heat: 1 }), candidate(3, { heat: 3 })];
    expect(decidePlacement(given, RULES)).toEqual({ warm: ids(3), evict: ids(2), rejected: [] });
  });

  it.each<[string, Partial<Candidate>, Partial<Candidate>]>([
    ['was asked for too seldom', { asked: MIN_ASKED - 1 }, {}],
    ['is hardly hotter', { heat: HYSTERESIS }, {}],
    ['comes while the other has just been mirrored', {}, { mirroredSinceMs: RULES.nowMs - 999 }],
    ['comes against a pinned one', {}, { pin: 'always' }],
    ['is too large for the budget', { bytes: BUDGET + 1 }, {}],
  ])('rejects what %s', (_, asking, there) => {
    const given = [mirrored(1, { bytes: 80, ...there }), candidate(2, { heat: 5, ...asking })];
    expect(decidePlacement(given, RULES)).toEqual({ warm: [], evict: [], rejected: ids(2) });
  });

  it('weighs a large one against the sum of what it would push out', () => {
    const small = [1, 2, 3, 4, 5].map((number) => mirrored(number, { bytes: 20, heat: 1 }));
    const large = (heat: number) => candidate(9, { bytes: BUDGET, heat });
    expect(decidePlacement([...small, large(1.4)], RULES).warm).toEqual([]);
    expect(decidePlacement([...small, large(1.6)], RULES).evict).toHaveLength(5);
    // Hotter than each, but a part of its size is spared for a hot one: too little for the sum.
    const hot = mirrored(8, { bytes: 60, heat: 1 });
    expect(decidePlacement([hot, mirrored(1), candidate(9, { bytes: 50, heat: 1.6 })], RULES).warm).toEqual(
      [],
    );
  });

  it('asks for more than a little more heat per byte, too', () => {
    const given = [mirrored(1, { bytes: 10 }), mirrored(2, { bytes: 50, heat: 9 })];
    const large = (heat: number) => candidate(3, { bytes: 45, heat });
    expect(decidePlacement([...given, large(HYSTERESIS)], RULES).warm).toEqual([]);
    expect(decidePlacement([...given, large(HYSTERESIS + 0.1)], RULES).evict).toEqual(ids(1));
  });

  it('gives room that becomes free to what was rejected before', () => {
    const given = [
      mirrored(1, { bytes: 90, heat: 0.1 }),
      candidate(2, { bytes: 50, heat: 2 }),
      candidate(3, { bytes: 30, heat: 3, asked: 1 }),
    ];
    expect(decidePlacement(given, RULES)).toEqual({ warm: ids(3, 2), evict: ids(1), rejected: [] });
  });

  it('pushes out no more than it needs', () => {
    const given = [
      mirrored(1, { bytes: 10, heat: 0.1 }),
      mirrored(2, { bytes: 90, heat: 0.2 }),
      candidate(3, { bytes: 50, heat: 5 }),
    ];
    expect(decidePlacement(given, RULES)).toMatchObject({ warm: ids(3), evict: ids(2) });
  });

  it('puts pinned ones before all others, whatever their heat', () => {
    const fresh = { heat: 9, mirroredSinceMs: RULES.nowMs };
    const given = [
      mirrored(1, fresh),
      mirrored(2, fresh),
      candidate(3, { pin: 'always', heat: 0, asked: 0 }),
    ];
    expect(decidePlacement(given, RULES)).toMatchObject({ warm: ids(3), evict: ids(2) });
  });

  it('lets no pinned one push out another', () => {
    const given = [
      mirrored(1, { pin: 'always', bytes: 80, heat: 0 }),
      candidate(2, { pin: 'always', heat: 9 }),
    ];
    expect(decidePlacement(given, RULES)).toEqual({ warm: [], evict: [], rejected: ids(2) });
  });

  it('drops what is never to be mirrored, and does not mirror it', () => {
    const given = [mirrored(1, { pin: 'never' }), candidate(2, { pin: 'never' })];
    expect(decidePlacement(given, RULES)).toEqual({ warm: [], evict: ids(1), rejected: [] });
  });
});

describe('decidePlacement, whatever is given', () => {
  it('never places more bytes than the budget', () => {
    fc.assert(
      fc.property(anyCandidates, (candidates) => {
        const after = moved(candidates, decidePlacement(candidates, RULES), RULES.nowMs);
        expect(heldBytes(after)).toBeLessThanOrEqual(BUDGET);
      }),
    );
  });

  it('mirrors nothing that is never to be mirrored, and loses no pinned one that fits', () => {
    fc.assert(
      fc.property(anyCandidates, (candidates) => {
        const after = moved(candidates, decidePlacement(candidates, RULES), RULES.nowMs);
        expect(after.filter(({ pin, state }) => pin === 'never' && state === 'mirrored')).toEqual([]);
        const pinned = candidates.filter(({ pin }) => pin === 'always');
        if (heldBytes(pinned.map((each) => ({ ...each, state: 'mirrored' }))) > BUDGET) return;
        const left = after.filter(({ pin, state }) => pin === 'always' && state === 'absent');
        expect(left).toEqual([]);
      }),
    );
  });

  it('evicts nothing for what is colder', () => {
    fc.assert(
      fc.property(anyCandidates, (all) => {
        const candidates = all.filter(({ pin }) => pin === 'auto');
        const fits = heldBytes(candidates) <= BUDGET;
        const { warm, evict } = decidePlacement(candidates, RULES);
        const heatOf = (id: CollectionId) => candidates.find((each) => each.id === id)?.heat ?? Number.NaN;
        if (!fits || evict.length === 0) return;
        const hottestIn = Math.max(...warm.map(heatOf));
        expect(Math.max(...evict.map(heatOf)) * HYSTERESIS).toBeLessThan(hottestIn);
      }),
    );
  });

  it('moves nothing when it decides again after its moves', () => {
    fc.assert(
      fc.property(anyCandidates, (candidates) => {
        const first = decidePlacement(candidates, RULES);
        const second = decidePlacement(moved(candidates, first, RULES.nowMs), RULES);
        expect([second.warm, second.evict]).toEqual([[], []]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes to rest as time goes on', () => {
    fc.assert(
      fc.property(anyCandidates, (candidates) => {
        let list = candidates;
        let { nowMs } = RULES;
        for (let run = 0; run < MOST_RUNS; run++) {
          const placement = decidePlacement(list, { ...RULES, nowMs });
          if (placement.warm.length + placement.evict.length === 0) return;
          list = moved(list, placement, nowMs);
          nowMs += 2 * RULES.minResidenceMs;
        }
        throw new Error('it goes on moving');
      }),
    );
  });

  it('lets a scan over cold collections, once each, evict nothing', () => {
    fc.assert(
      fc.property(anyCandidates, fc.nat(50), (all, scanned) => {
        const there = all.filter(({ pin, state }) => pin !== 'never' && state === 'mirrored');
        if (heldBytes(there) > BUDGET) return;
        const scan = Array.from({ length: scanned }, (_, number) =>
          candidate(100 + number, { heat: 100, asked: 1 }),
        );
        expect(decidePlacement([...there, ...scan], RULES).evict).toEqual([]);
      }),
    );
  });
});

describe('roomToGrow', () => {
  const grower = mirrored(1, { heat: 2, bytes: 40 });

  it('needs nothing while there is room', () => {
    expect(roomToGrow(grower, 60, [grower], BUDGET)).toEqual([]);
  });

  it('takes the coldest, and no hotter one', () => {
    const others = [mirrored(2, { heat: 1, bytes: 30 }), mirrored(3, { heat: 1.5, bytes: 30 })];
    expect(roomToGrow(grower, 30, [grower, ...others], BUDGET)).toEqual(ids(2));
    expect(roomToGrow(grower, 60, [grower, ...others], BUDGET)).toEqual(ids(3, 2));
    expect(roomToGrow(grower, 61, [grower, ...others], BUDGET)).toBeUndefined();
    expect(roomToGrow(grower, 61, [grower, mirrored(4, { heat: 2 })], BUDGET)).toBeUndefined();
  });

  it('spares what a larger one makes needless', () => {
    const others = [mirrored(2, { heat: 0.1, bytes: 10 }), mirrored(3, { heat: 0.2, bytes: 50 })];
    expect(roomToGrow(grower, 30, [grower, ...others], BUDGET)).toEqual(ids(3));
  });

  it('takes no pinned one, and any other for a pinned one', () => {
    const hot = mirrored(2, { heat: 9, bytes: 60 });
    expect(roomToGrow(grower, 1, [grower, mirrored(2, { ...hot, heat: 0, pin: 'always' })], BUDGET)).toBe(
      undefined,
    );
    expect(roomToGrow({ ...grower, pin: 'always' }, 1, [grower, hot], BUDGET)).toEqual(ids(2));
  });
});
