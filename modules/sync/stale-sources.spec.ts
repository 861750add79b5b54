import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INFO } from './chroma-collection.fake.js';
import { eventually, settled } from './gate.fake.js';
import { CALL, idOf, targetOf, World } from './sync-world.fake.js';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tidegate-stale-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

/** A process that starts; with the store and the disk of an earlier one, which is dead then. */
function start(before?: World): World {
  const world = new World({ dataDir, snapshotIntervalMs: 1, settleMs: 1 });
  world.journal.onModuleInit();
  if (before === undefined) return world;
  for (const [id, value] of before.chroma.records) world.chroma.records.set(id, value);
  world.mirrors.snapshots = before.mirrors.snapshots;
  return world;
}

async function withSnapshot(): Promise<World> {
  const world = start();
  await world.warm({ a: '1', b: '1' });
  world.snapshotJob.takeNow(world.track());
  await settled();
  mkdirSync(join(dataDir, 'mirrors', idOf(1)), { recursive: true });
  return world;
}

/** The next process, which finds no ChromaDB. */
async function startAway(before: World): Promise<World> {
  const world = start(before);
  world.chroma.outages = Number.POSITIVE_INFINITY;
  await world.recovery.run();
  await settled();
  return world;
}

function comeBack({ chroma, placement, registry }: World): Promise<void> {
  chroma.outages = 0;
  for (const collection of registry.list()) collection.holdUntilMs = 0;
  placement.run();
  return settled();
}

const removal = { ...CALL, kind: 'admin' as const };
const unserved = (world: World) => world.sync.view(targetOf(1))?.unserved;

describe('a mirror whose process starts without ChromaDB', () => {
  it('is as its snapshot was, for stale reads only', async () => {
    const world = await startAway(await withSnapshot());
    const { state, mirror } = world.sync.view(targetOf(1)) ?? {};
    expect([state, mirror]).toEqual(['loaded', undefined]);
    expect(world.mirrored(world.track())).toEqual({ a: '1', b: '1' });
    expect(unserved(world)?.freshAtMs).toBeLessThan(performance.now());
    expect(world.sync.view(targetOf(1, 'other'))?.unserved).toBeUndefined();
  });

  it('is brought up to date when ChromaDB returns, from the same memory', async () => {
    const before = await withSnapshot();
    await before.write({ a: '2', c: '1' });
    await before.write({ b: undefined });
    const world = await startAway(before);
    const { handle } = world.track();
    await comeBack(world);
    const collection = world.track();
    expect([collection.state, collection.handle]).toEqual(['warm', handle]);
    expect(world.mirrored(collection)).toEqual({ a: '2', c: '1' });
    expect(unserved(world)).toBeUndefined();
    expect(world.mirrors.contents.size).toBe(1);
  });

  it('has what is written before it is brought up to date', async () => {
    const world = await startAway(await withSnapshot());
    world.chroma.outages = 0;
    await world.write({ a: '3' });
    await world.write({ d: '1' });
    expect(world.track().state).toBe('loaded');
    await comeBack(world);
    expect(world.mirrored(world.track())).toEqual(world.stored());
  });

  it('stays loaded while ChromaDB stays away, and when it fails again on the way', async () => {
    const world = await startAway(await withSnapshot());
    world.track().holdUntilMs = 0;
    world.placement.run();
    await settled();
    expect(world.track().state).toBe('loaded');
    world.chroma.failing = 'listIds';
    await comeBack(world);
    expect(world.track().state).toBe('loaded');
    world.chroma.failing = undefined;
    await comeBack(world);
    expect(world.track().state).toBe('warm');
  });

  it('is given up where ChromaDB describes the collection otherwise', async () => {
    const world = await startAway(await withSnapshot());
    world.chroma.info = { ...INFO, efSearch: 7 };
    await comeBack(world);
    expect([world.track().state, world.mirrored(world.track())]).toEqual(['warm', world.stored()]);
    expect(world.mirrors.contents.size).toBe(1);
  });

  it('is given up, with its snapshot, where the collection is gone', async () => {
    const world = await startAway(await withSnapshot());
    world.chroma.gone.add(idOf(1));
    world.chroma.failing = 'listIds';
    await comeBack(world);
    expect(world.mirrors.snapshots.size).toBe(0);
  });

  it('goes when the worker dies', async () => {
    const world = await startAway(await withSnapshot());
    world.mirrors.alive = false;
    expect(world.sync.view(targetOf(1))).toMatchObject({ state: 'cold', unserved: undefined });
  });

  it.each([
    ['damaged', (world: World) => (world.mirrors.damaged = true)],
    ['of another store', (world: World) => (world.chroma.address = 'http://other')],
  ])('is not there where its snapshot is %s', async (_, change) => {
    const world = start(await withSnapshot());
    change(world);
    world.chroma.outages = Number.POSITIVE_INFINITY;
    await world.recovery.run();
    await settled();
    expect([world.track().state, unserved(world)]).toEqual(['cold', undefined]);
  });
});

describe('a collection that was deleted through Tidegate', () => {
  it('leaves neither mirror, answers nor snapshot, also after a start without ChromaDB', async () => {
    const before = await withSnapshot();
    const { version } = before.track();
    before.chroma.changes.set(removal, () => before.chroma.gone.add(idOf(1)));
    await before.administration.administer('all', removal);
    const view = before.sync.view(targetOf(1));
    expect(view).toMatchObject({ state: 'cold', unserved: undefined });
    expect(view?.unchangedSinceVersion).toBeGreaterThan(version);
    expect(unserved(await startAway(before))).toBeUndefined();
  });

  it('leaves none either where it is not mirrored any more, or not tracked', async () => {
    for (const forget of [false, true]) {
      const before = await withSnapshot();
      before.registry.drop(before.track());
      if (forget) before.registry.distrustUntracked();
      before.chroma.changes.set(removal, () => before.chroma.gone.add(idOf(1)));
      await before.administration.administer('all', removal);
      expect(unserved(await startAway(before))).toBeUndefined();
    }
  });

  it('leaves none while nobody knows whether it was deleted', async () => {
    const before = await withSnapshot();
    const { version } = before.track();
    before.chroma.outcome = 'store-timeout';
    await expect(before.administration.administer('all', removal)).rejects.toThrow();
    const view = before.sync.view(targetOf(1));
    expect(view).toMatchObject({ state: 'settling', unserved: undefined });
    expect(view?.unchangedSinceVersion).toBeGreaterThan(version);
    expect(unserved(await startAway(before))).toBeUndefined();
  });

  it('leaves none where ChromaDB does not know it any more', async () => {
    const before = await withSnapshot();
    before.sync.forget(targetOf(1));
    expect(unserved(await startAway(before))).toBeUndefined();
  });

  it('leaves the others as they were, and the snapshot of one that is cold', async () => {
    const before = await withSnapshot();
    await before.administration.administer('all', removal);
    expect(before.track().state).toBe('warm');
    before.registry.drop(before.track());
    await before.administration.administer('all', removal);
    expect(unserved(await startAway(before))).toBeDefined();
  });
});

describe('a mirror in doubt', () => {
  it('is there for stale reads as it was before the write, until the doubt has settled', async () => {
    const world = await withSnapshot();
    world.chroma.outcome = 'store-timeout';
    await expect(world.write({ a: '9' })).rejects.toThrow();
    const { handle } = world.track();
    expect(world.sync.view(targetOf(1))).toMatchObject({ state: 'settling', mirror: undefined });
    expect(unserved(world)?.handle).toBe(handle);
    world.chroma.outcome = 200;
    await world.settling.run();
    await eventually(() => world.track().serving === 'warm');
    expect(unserved(world)).toBeUndefined();
  });

  it('of a process that was killed is loaded without ChromaDB', async () => {
    const before = await withSnapshot();
    before.chroma.outcome = 'store-timeout';
    await expect(before.write({ a: '9' })).rejects.toThrow();
    const world = await startAway(before);
    expect(world.sync.view(targetOf(1))?.state).toBe('settling');
    expect(unserved(world)).toBeDefined();
  });
});
