import { describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pin } from './pin.js';
import { MAX_WARM_UPS } from './placement.job.js';
import { settled } from './gate.fake.js';
import { RECORD_BYTES } from './mirrors.fake.js';
import { targetOf, World } from './sync-world.fake.js';

/** Records of each collection: what the fake ChromaDB has, whatever the collection. */
const RECORDS = ['a', 'b', 'c'];
const MIRROR_BYTES = RECORDS.length * RECORD_BYTES;

/** A world that has room for so many mirrors. */
function worldFor(mirrors: number, config: ConstructorParameters<typeof World>[0] = {}): World {
  const world = new World(config);
  for (const id of RECORDS) world.chroma.records.set(id, '1');
  world.mirrors.limitBytes = mirrors * MIRROR_BYTES;
  return world;
}

/** Queries as ChromaDB or the mirror answers them, and what the router makes of them. */
async function ask(world: World, number: number, times = 1): Promise<void> {
  for (let time = 0; time < times; time++) {
    const warm = world.sync.view(targetOf(number))?.state === 'warm';
    if (!warm) world.sync.wantMirror(targetOf(number));
    world.sync.answered(targetOf(number), warm ? 'mirror' : 'chroma', warm ? 1 : 6);
    await settled();
  }
}

/** The timer's turn, when every time that something must wait for is over. */
async function look(world: World): Promise<void> {
  for (const collection of world.registry.list()) collection.holdUntilMs = 0;
  world.placement.run();
  await settled();
  expect(world.mirrors.heldBytes()).toBeLessThanOrEqual(world.mirrors.limitBytes);
}

function states(world: World): string[] {
  return world.sync.report().map(({ state, refusal }) => refusal ?? state);
}

function pin(world: World, number: number, to: Pin): void {
  const collection = world.track(targetOf(number));
  collection.demand.pin = to;
  world.placement.repin(collection);
}

describe('PlacementJob', () => {
  it('mirrors at the first query what fits', async () => {
    const world = worldFor(2);
    await ask(world, 1);
    await ask(world, 2);
    await ask(world, 3);
    expect(states(world)).toEqual(['warm', 'warm', 'over-budget']);
    expect(await world.counter('placements_total{decision="admitted"}')).toBe(2);
    expect(await world.counter('placements_total{decision="rejected"}')).toBe(1);
  });

  it('replaces a mirror by that of a hotter collection, and tells why the other one has none', async () => {
    const world = worldFor(1);
    await ask(world, 1, 2);
    await ask(world, 2, 20);
    expect(states(world)).toEqual(['warm', 'over-budget']);
    await look(world);
    expect(states(world)).toEqual(['over-budget', 'warm']);
    expect(await world.counter('placements_total{decision="evicted"}')).toBe(1);
    await ask(world, 1, 3);
    await look(world);
    expect(states(world)).toEqual(['over-budget', 'warm']);
  });

  it('keeps what has just been mirrored', async () => {
    const world = worldFor(1, { minResidenceMs: 60_000 });
    await ask(world, 1);
    await ask(world, 2, 20);
    await look(world);
    expect(states(world)).toEqual(['warm', 'over-budget']);
  });

  it('is not moved by a scan', async () => {
    const world = worldFor(1);
    await ask(world, 1, 2);
    for (let number = 2; number < 30; number++) await ask(world, number);
    await look(world);
    expect(states(world)[0]).toBe('warm');
    expect(await world.counter('placements_total{decision="evicted"}')).toBe(0);
  });

  it('mirrors what was rejected when room appears, without another query', async () => {
    const world = worldFor(1);
    await ask(world, 1);
    await ask(world, 2);
    world.registry.overturn(world.track(targetOf(1)));
    world.track(targetOf(1)).demand.wanted = undefined;
    await look(world);
    expect(states(world)).toEqual(['cold', 'warm']);
  });

  it('keeps no room for what may not be tried again yet', async () => {
    const world = worldFor(1);
    world.chroma.failing = 'describe';
    await ask(world, 1, 9);
    await ask(world, 2);
    world.chroma.failing = undefined;
    for (const number of [1, 2]) world.track(targetOf(number)).demand.expect(MIRROR_BYTES);
    world.track(targetOf(2)).holdUntilMs = 0;
    world.placement.run();
    await settled();
    expect(states(world)).toEqual(['cold', 'warm']);
  });

  it('expects of a mirror what the last one needed', async () => {
    const world = worldFor(1);
    world.mirrors.fieldBytes = 1;
    await ask(world, 1);
    expect([states(world), world.mirrors.closed.length]).toEqual([['over-budget'], 1]);
    await look(world);
    expect([states(world), world.mirrors.closed.length]).toEqual([['over-budget'], 1]);
    world.track(targetOf(1)).demand.expect(0);
    await look(world);
    expect([states(world), world.mirrors.closed.length]).toEqual([['over-budget'], 1]);
  });

  it('runs so many warm-ups at a time, and the hottest of the rest next', async () => {
    const world = worldFor(20);
    world.chroma.listGate.hold();
    for (let number = 1; number <= MAX_WARM_UPS + 2; number++) await ask(world, number, number);
    const warming = () => states(world).filter((state) => state === 'warming').length;
    expect([warming(), world.warmUp.running]).toEqual([MAX_WARM_UPS, MAX_WARM_UPS]);
    await world.chroma.listGate.release(1);
    expect(states(world)).toEqual(['warm', 'warming', 'warming', 'warming', 'cold', 'warming']);
    await world.chroma.listGate.open();
    expect(new Set(states(world))).toEqual(new Set(['warm']));
    expect(world.warmUp.running).toBe(0);
  });

  it('looks from time to time', async () => {
    const world = worldFor(1);
    const run = jest.spyOn(world.placement, 'run').mockImplementation(() => undefined);
    jest.useFakeTimers();
    try {
      world.placement.onModuleInit();
      jest.advanceTimersByTime(3_000);
      world.placement.onModuleDestroy();
      jest.advanceTimersByTime(3_000);
    } finally {
      jest.useRealTimers();
    }
    expect(run).toHaveBeenCalledTimes(3);
    await settled();
  });
});

describe('PlacementJob, pins', () => {
  it('puts what is pinned always before what is hot', async () => {
    const world = worldFor(1, { minResidenceMs: 60_000 });
    await ask(world, 1, 20);
    world.track(targetOf(2));
    pin(world, 2, 'always');
    await settled();
    expect(states(world)).toEqual(['over-budget', 'warm']);
  });

  it('takes away what is never to be mirrored, until it is so no more', async () => {
    const world = worldFor(1);
    await ask(world, 1);
    pin(world, 1, 'never');
    expect([states(world), world.mirrors.contents.size]).toEqual([['pinned'], 0]);
    await ask(world, 1, 3);
    await look(world);
    expect(states(world)).toEqual(['pinned']);
    expect(await world.counter('placements_total{decision="banned"}')).toBe(1);
    pin(world, 1, 'auto');
    await ask(world, 1);
    expect(states(world)).toEqual(['warm']);
  });

  it('lifts no doubt', async () => {
    const world = worldFor(1);
    world.registry.doubt(world.track(), undefined);
    pin(world, 1, 'never');
    await ask(world, 1);
    expect(world.sync.report()).toMatchObject([{ state: 'settling', refusal: 'pinned' }]);
  });

  it('mirrors pinned collections that nobody has asked for since the start', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tidegate-placement-'));
    try {
      await worldFor(1, { dataDir }).sync.pin(targetOf(1), 'always', 'me');
      const world = worldFor(1, { dataDir });
      await world.pins.onModuleInit();
      await look(world);
      expect(states(world)).toEqual(['warm']);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});

describe('Room, while mirrors grow', () => {
  const addition = { d: '1', e: '1' };

  it('lets a colder mirror go for one that grows by writes', async () => {
    const world = worldFor(2);
    await ask(world, 1, 9);
    await ask(world, 2, 2);
    await world.write(addition, undefined, targetOf(1));
    expect(states(world)).toEqual(['warm', 'over-budget']);
    expect(world.mirrored(world.track(targetOf(1)))).toEqual(world.stored());
    expect(world.mirrors.heldBytes()).toBe(5 * RECORD_BYTES);
  });

  it('gives a mirror up that outgrows the budget, for a while', async () => {
    const world = worldFor(1);
    await ask(world, 1, 2);
    const collection = world.track(targetOf(1));
    expect((await world.write(addition, undefined, targetOf(1))).status).toBe(200);
    expect([states(world), world.mirrors.contents.size]).toEqual([['over-budget'], 0]);
    expect(collection.holdUntilMs).toBeGreaterThan(performance.now());
    expect(await world.counter('placements_total{decision="outgrown"}')).toBe(1);
    await look(world);
    expect(states(world)).toEqual(['over-budget']);
    world.mirrors.limitBytes *= 2;
    await look(world);
    expect(states(world)).toEqual(['warm']);
  });

  it('gives the colder one up when it is that which grows', async () => {
    const world = worldFor(2);
    await ask(world, 1, 9);
    await ask(world, 2, 2);
    await world.write(addition, undefined, targetOf(2));
    expect(states(world)).toEqual(['warm', 'over-budget']);
  });

  it('ends a warm-up whose records turn out to be larger than expected', async () => {
    const world = worldFor(2);
    await ask(world, 1, 9);
    world.chroma.readGate.hold();
    await ask(world, 2);
    expect(states(world)).toEqual(['warm', 'warming']);
    world.mirrors.limitBytes -= RECORD_BYTES;
    await world.chroma.readGate.open();
    expect(states(world)).toEqual(['warm', 'over-budget']);
    expect(world.mirrors.heldBytes()).toBe(MIRROR_BYTES);
  });
});
