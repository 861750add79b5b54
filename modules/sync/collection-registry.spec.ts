import { describe, expect, it } from '@jest/globals';
import { settled } from './gate.fake.js';
import { idOf, targetOf, World } from './sync-world.fake.js';

describe('CollectionRegistry', () => {
  it('knows a collection by its id, whatever the path', () => {
    const world = new World();
    const collection = world.track(targetOf(1));
    expect(world.track(targetOf(1, 'other'))).toBe(collection);
    expect(world.track(targetOf(2))).not.toBe(collection);
  });

  it('notices that the worker died', async () => {
    const world = new World();
    const collection = await world.warm();
    world.mirrors.alive = false;
    expect([world.track().state, collection.handle]).toEqual(['cold', undefined]);
  });

  it('counts collections by state, as they are now', async () => {
    const world = new World({ pageRecords: 2, settleMs: 0 });
    await world.warm();
    world.track(targetOf(2));
    world.registry.doubt(world.track(targetOf(3)), undefined);
    expect(world.registry.countByState()).toEqual({
      cold: 1,
      loaded: 0,
      warming: 0,
      'catching-up': 0,
      warm: 1,
      drifted: 0,
      settling: 1,
      refused: 0,
    });
  });

  it('forgets a collection and closes its mirror', async () => {
    const world = new World();
    const collection = await world.warm();
    world.registry.forget(idOf(1));
    expect(world.mirrors.contents.size).toBe(0);
    expect(world.registry.inScope('all')).toEqual([]);
    expect(world.track()).not.toBe(collection);
    expect(world.track().version).toBeGreaterThan(collection.version);
  });

  it('does not forget a collection that a write is under way to', async () => {
    const world = new World();
    const collection = world.track();
    world.chroma.sendGate.hold();
    const write = world.write({ a: '1' });
    await settled();
    world.registry.forget(idOf(1));
    expect(world.track()).toBe(collection);
    await world.chroma.sendGate.open();
    await write;
    world.registry.forget(idOf(1));
    expect(world.track()).not.toBe(collection);
  });

  it('does not forget a collection that is in doubt', () => {
    const world = new World();
    const collection = world.track();
    world.registry.doubt(collection, undefined);
    world.registry.forget(idOf(1));
    expect(world.track()).toBe(collection);
  });

  it('has room for ten thousand, and forgets the oldest idle one for the next', () => {
    const world = new World();
    const busy = world.track(targetOf(0));
    world.registry.doubt(busy, undefined);
    const { version } = world.track(targetOf(1));
    for (let number = 2; number < 10_000; number++) world.track(targetOf(number));
    expect(world.registry.track(targetOf(10_000))).toBeDefined();
    expect(world.registry.find(idOf(0))).toBe(busy);
    expect(world.registry.find(idOf(1))).toBeUndefined();
    expect(world.track(targetOf(1)).version).toBeGreaterThan(version);
  });

  it('has no room where ten thousand are busy, and room again after one is forgotten', () => {
    const world = new World();
    for (let number = 0; number < 10_000; number++) world.track(targetOf(number)).writesInFlight = 1;
    expect(world.registry.track(targetOf(10_000))).toBeUndefined();
    expect(world.registry.track(targetOf(0))).toBeDefined();
    world.track(targetOf(0)).writesInFlight = 0;
    world.registry.forget(idOf(0));
    expect(world.registry.track(targetOf(10_000))).toBeDefined();
  });
});
