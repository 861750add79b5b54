import { describe, expect, it } from '@jest/globals';
import { settled } from './gate.fake.js';
import { idOf, named, targetOf, World } from './sync-world.fake.js';

describe('Sync', () => {
  it('shows a mirror when it is warm, and under the path that it was filled by only', async () => {
    const world = new World();
    const { sync } = world;
    expect(sync.view(targetOf(1))).toMatchObject({ state: 'cold', mirror: undefined });
    const beforeMs = performance.now();
    world.chroma.records.set('a', '1');
    sync.wantMirror(targetOf(1));
    expect(sync.view(targetOf(1))).toMatchObject({ state: 'warming', mirror: undefined });
    await settled();
    const { handle, version, freshAtMs = 0 } = world.track();
    expect(handle).toBeDefined();
    expect(sync.view(targetOf(1))).toMatchObject({ state: 'warm', version, mirror: handle, freshAtMs });
    expect(freshAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(freshAtMs).toBeLessThan(performance.now());
    expect(sync.view(targetOf(1, 'other'))).toMatchObject({ state: 'refused', version, mirror: undefined });
  });

  it('says since when a mirror is fresh: from before its warm-up read anything', async () => {
    const world = new World();
    world.chroma.records.set('a', '1');
    world.chroma.listGate.hold();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    const listingMs = performance.now();
    expect(collection.freshAtMs).toBeUndefined();
    await world.chroma.listGate.open();
    expect(collection.state).toBe('warm');
    expect(collection.freshAtMs).toBeLessThan(listingMs);
    world.registry.drop(collection);
    expect(collection.freshAtMs).toBeUndefined();
  });

  it('lets an onlooker track nothing', () => {
    const world = new World();
    const { sync } = world;
    expect(sync.peek(targetOf(1))).toMatchObject({ state: 'cold', version: 0, mirror: undefined });
    expect(sync.report()).toEqual([]);
    const { version } = world.track();
    expect(sync.peek(targetOf(1))).toMatchObject({ state: 'cold', version, mirror: undefined });
  });

  it('shows nothing of a collection that there is no room for', () => {
    const world = new World();
    const { sync } = world;
    for (let number = 0; number < 10_000; number++) world.track(targetOf(number)).writesInFlight = 1;
    expect(sync.view(targetOf(10_000))).toBeUndefined();
    sync.wantMirror(targetOf(10_000));
    world.track(targetOf(0)).writesInFlight = 0;
    sync.forget(targetOf(0));
    expect(sync.view(targetOf(10_000))?.state).toBe('cold');
    expect(sync.countByState().cold).toBe(10_000);
  });

  it('reports each collection with its mirror', async () => {
    const world = new World();
    const { sync } = world;
    await world.warm({ a: '1' });
    const empty = world.track(targetOf(2));
    world.warmUp.start(empty, targetOf(2));
    expect(sync.report()[0]).toMatchObject({ ...targetOf(1), state: 'warm', records: 1, heldForMs: 0 });
    expect(sync.report()[1]).toMatchObject({ ...targetOf(2), state: 'warming' });
    world.registry.doubt(empty, named('insert', 'a', 'b'));
    const [, settling] = sync.report();
    expect(settling).toMatchObject({ state: 'settling', inDoubt: { writes: 1, records: 2 } });
    expect(sync.view(targetOf(2))).toMatchObject({ state: 'settling', mirror: undefined });
  });

  it('reports heat, pin and who answered', async () => {
    const world = new World();
    const { sync } = world;
    world.track();
    expect(sync.reportOn(idOf(1))).toMatchObject({ pin: 'auto', answers: { total: 0 } });
    for (const tier of ['chroma', 'mirror', 'mirror', 'answer-cache'] as const) {
      sync.answered(targetOf(1), tier, tier === 'chroma' ? 9 : 1);
    }
    sync.answered(targetOf(2), 'chroma', 1);
    await settled();
    expect(sync.reportOn(idOf(2))).toBeUndefined();
    const report = sync.reportOn(idOf(1));
    expect(report?.heat.savedMs).toBe(8);
    expect(report?.heat.queriesPerSecond).toBeGreaterThan(0);
    expect(report?.answers).toEqual({
      total: 4,
      shares: { 'answer-cache': 0.25, mirror: 0.5, chroma: 0.25, stale: 0 },
    });
  });
});
