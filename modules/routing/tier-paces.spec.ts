import { describe, expect, it } from '@jest/globals';
import { NO_PACE } from './pace.js';
import { HANDLE } from './situation.fake.js';
import { TierPaces } from './tier-paces.store.js';

const other = { ...HANDLE, number: 2 };

describe('TierPaces', () => {
  it('keep the collections apart', () => {
    const paces = new TierPaces();
    paces.record('mirror', HANDLE, 5);
    paces.record('chroma', HANDLE, 9);
    expect(paces.next(HANDLE)).toMatchObject({ mirror: { count: 1, p50Ms: 5 }, chroma: { p50Ms: 9 } });
    expect(paces.next(other)).toMatchObject({ mirror: { count: 0 }, chroma: { count: 0 } });
    expect(paces.next(undefined)).toBe(NO_PACE);
  });

  it('expect of a collection what is known of it, else what is known of all', () => {
    const paces = new TierPaces();
    expect(paces.expectedMs(NO_PACE)).toEqual({});
    const all = new TierPaces();
    all.record('answer-cache', undefined, 0.1);
    all.record('mirror', HANDLE, 5);
    all.record('chroma', undefined, 9);
    expect(all.expectedMs(NO_PACE)).toEqual({ 'answer-cache': 0.1, mirror: 5, chroma: 9 });
    all.record('chroma', HANDLE, 20);
    expect(all.expectedMs(all.next(HANDLE))).toMatchObject({ mirror: 5, chroma: 20 });
    expect(all.expectedMs(all.next(other))).toMatchObject({ mirror: 5, chroma: 9 });
  });

  it('have one exploration due in twenty queries of a collection, and none for an onlooker', () => {
    const paces = new TierPaces();
    const due = Array.from({ length: 100 }, () => paces.next(HANDLE).explorationDue);
    expect(due.filter(Boolean)).toHaveLength(5);
    const seen = Array.from({ length: 100 }, () => paces.peek(HANDLE).explorationDue);
    expect(seen.filter(Boolean)).toEqual([]);
  });

  it('remember what was decided', () => {
    const paces = new TierPaces();
    paces.decided(HANDLE, true);
    expect(paces.next(HANDLE).mirrorWasSlower).toBe(true);
    expect(paces.next(other).mirrorWasSlower).toBe(false);
  });

  it('know nothing of a ChromaDB that failed, and have it tried by nobody', () => {
    const paces = new TierPaces();
    paces.record('mirror', HANDLE, 5);
    paces.chromaFailed();
    paces.record('chroma', HANDLE, 1);
    const seen = Array.from({ length: 40 }, () => paces.next(HANDLE));
    expect(seen[0]).toMatchObject({ chroma: { count: 0 }, mirror: { count: 1 } });
    expect(seen.filter(({ explorationDue }) => explorationDue)).toEqual([]);
  });
});
