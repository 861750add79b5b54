import { describe, expect, it } from '@jest/globals';
import { MAX_WARM_UPS } from './placement.job.js';
import { settled } from './gate.fake.js';
import { CALL, idOf, targetOf, World } from './sync-world.fake.js';

const SOMEBODY = 'ann';
const ID = idOf(1);

/** A world in which a warm-up would succeed. */
function filled(): World {
  const world = new World();
  world.chroma.records.set('a', '1');
  return world;
}

describe('SyncActions, warm', () => {
  it('warms a collection that is tracked', async () => {
    const world = filled();
    world.track();
    expect(world.actions.run('warm', ID, SOMEBODY)).toBeUndefined();
    expect(world.actions.reportOn(ID)).toMatchObject({ state: 'warming', warmUp: { status: 'running' } });
    await settled();
    expect(world.actions.reportOn(ID)).toMatchObject({
      state: 'warm',
      lag: { records: 0, oldestMs: 0 },
      warmUp: { status: 'ok', recordsDone: 1, recordsAll: 1 },
    });
  });

  it('leaves a mirror alone that is there', async () => {
    const world = new World();
    const { handle } = await world.warm();
    expect(world.actions.run('warm', ID, SOMEBODY)).toBeUndefined();
    expect(world.track().handle).toBe(handle);
  });

  it('overrules what kept the collection from warming by itself', async () => {
    const world = filled();
    world.room.release(world.track(), 'over-budget');
    world.actions.run('warm', ID, SOMEBODY);
    await settled();
    expect(world.track().state).toBe('warm');
  });

  it('fills the mirror under the path that is named', async () => {
    const world = filled();
    world.track(targetOf(1, 'guessed'));
    world.actions.reachUnder(targetOf(1, 'known'));
    world.actions.run('warm', ID, SOMEBODY);
    await settled();
    expect(world.actions.reportOn(ID)).toMatchObject({ state: 'warm', database: 'known' });
  });

  it('says what to do where an operator pinned the collection "never"', async () => {
    const world = filled();
    world.track().demand.pin = 'never';
    expect(world.actions.run('warm', ID, SOMEBODY)).toContain('set its pin to');
    await settled();
    expect(world.track().state).toBe('cold');
  });

  it('waits while any record may change yet by a write in doubt', () => {
    const world = filled();
    world.registry.doubt(world.track(), { kind: 'unknown' });
    expect(world.actions.run('warm', ID, SOMEBODY)).toContain('wait until it has settled');
    expect(world.track().state).toBe('cold');
  });

  it('does not read more collections at a time than it may', async () => {
    const world = filled();
    world.chroma.readGate.hold();
    for (let number = 1; number <= MAX_WARM_UPS + 1; number++) world.track(targetOf(number));
    for (let number = 1; number <= MAX_WARM_UPS; number++) {
      expect(world.actions.run('warm', idOf(number), SOMEBODY)).toBeUndefined();
    }
    expect(world.actions.run('warm', idOf(MAX_WARM_UPS + 1), SOMEBODY)).toContain('try again when');
    await settled();
    await world.chroma.readGate.open();
    expect(world.actions.run('warm', idOf(MAX_WARM_UPS + 1), SOMEBODY)).toBeUndefined();
  });
});

describe('SyncActions, drop', () => {
  it('takes a mirror away, and none is begun for a while, whoever asks', async () => {
    const world = new World();
    await world.warm();
    expect(world.actions.run('drop', ID, SOMEBODY)).toBeUndefined();
    const report = world.actions.reportOn(ID);
    expect([report?.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
    expect(report?.heldForMs).toBeGreaterThan(0);
    world.placement.want(targetOf(1));
    world.placement.run();
    await world.administration.administer('all', CALL);
    world.placement.want(targetOf(1));
    await settled();
    expect(world.track().state).toBe('cold');
    expect(await world.counter('placements_total{decision="dismissed"}')).toBe(1);
  });

  it('is overruled by the next word', async () => {
    const world = new World();
    await world.warm();
    world.actions.run('drop', ID, SOMEBODY);
    world.actions.run('warm', ID, SOMEBODY);
    await settled();
    expect(world.track().state).toBe('warm');
  });

  it('ends a warm-up and leaves nothing behind', async () => {
    const world = filled();
    world.chroma.readGate.hold();
    world.track();
    world.actions.run('warm', ID, SOMEBODY);
    await settled();
    expect(world.actions.run('drop', ID, SOMEBODY)).toBeUndefined();
    await world.chroma.readGate.open();
    expect(world.actions.reportOn(ID)).toMatchObject({ state: 'cold', warmUp: { status: 'cancelled' } });
    expect([world.warmUp.running, world.mirrors.contents.size]).toEqual([0, 0]);
    expect(await world.counter('warm_ups_total{outcome="cancelled"}')).toBe(1);
  });

  it('lifts no doubt', async () => {
    const world = new World();
    const collection = await world.warm();
    world.registry.doubt(collection, undefined);
    expect(world.actions.run('drop', ID, SOMEBODY)).toBeUndefined();
    expect([collection.state, collection.serving]).toEqual(['cold', 'settling']);
  });
});

describe('SyncActions, reporting', () => {
  it('knows only what is tracked', () => {
    const world = new World();
    expect(world.actions.reportOn(ID)).toBeUndefined();
    expect(world.actions.run('drop', ID, SOMEBODY)).toContain('not tracked');
    world.actions.reachUnder(targetOf(1));
    expect(world.actions.report()).toMatchObject([{ ...targetOf(1), state: 'cold' }]);
  });

  it('tells what was written and is not in the mirror yet', async () => {
    const world = new World();
    await world.warm();
    world.chroma.readGate.hold();
    const writes = [world.write({ a: '2' })];
    await settled();
    writes.push(world.write({ b: '1', c: '1' }));
    await settled();
    expect(world.actions.reportOn(ID)?.lag.records).toBe(3);
    await world.chroma.readGate.open();
    await Promise.all(writes);
    expect(world.actions.reportOn(ID)?.lag).toEqual({ records: 0, oldestMs: 0 });
  });
});
