import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INFO } from './chroma-collection.fake.js';
import { settled } from './gate.fake.js';
import { idOf, targetOf, World } from './sync-world.fake.js';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tidegate-snapshot-'));
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

const folderOf = (number: number) => join(dataDir, 'mirrors', idOf(number));

/** The folder is there: that of a real snapshot would be. */
async function take(world: World, number = 1): Promise<void> {
  world.snapshotJob.takeNow(world.track(targetOf(number)));
  await settled();
  mkdirSync(folderOf(number), { recursive: true });
}

async function recovered(world: World) {
  await world.recovery.run();
  await settled();
  return world.track();
}

async function withSnapshot(records: Record<string, string> = { a: '1', b: '1', c: '1' }): Promise<World> {
  const world = start();
  await world.warm(records);
  await take(world);
  return world;
}

describe('a snapshot', () => {
  it('fills the mirror of the next process without reading it again', async () => {
    const world = start(await withSnapshot());
    const collection = await recovered(world);
    expect([collection.serving, world.mirrored(collection)]).toEqual(['warm', world.stored()]);
    expect(world.chroma.reads).toEqual([]);
    expect(await world.counter('snapshots_total{use="load",outcome="ok"}')).toBe(1);
  });

  it('is followed by what was written since, in order', async () => {
    const before = await withSnapshot();
    await before.write({ a: '2', d: '1' });
    await before.write({ b: undefined });
    await before.write({ b: '3' });
    await before.write({ c: undefined });
    const world = start(before);
    const collection = await recovered(world);
    expect(world.mirrored(collection)).toEqual({ a: '2', b: '3', d: '1' });
    expect(world.mirroredOrder(collection)).toEqual(['a', 'd', 'b']);
  });

  it('is followed by what others added and removed while no process ran', async () => {
    const before = await withSnapshot();
    before.chroma.records.delete('b');
    before.chroma.records.set('e', '9');
    const world = start(before);
    expect(world.mirrored(await recovered(world))).toEqual({ a: '1', c: '1', e: '9' });
  });

  it('may lack writes that were under way when it was taken: they are read again', async () => {
    const before = start();
    await before.warm({ a: '1', b: '1' });
    before.chroma.sendGate.hold();
    const write = before.write({ a: '2' });
    await settled();
    await take(before);
    await before.chroma.sendGate.open();
    await write;
    const world = start(before);
    expect(world.mirrored(await recovered(world))).toEqual({ a: '2', b: '1' });
  });

  it('is as old as the last time everything was known to be equal', async () => {
    const before = start();
    const { freshAtMs = 0 } = await before.warm({ a: '1' });
    await take(before);
    const collection = await recovered(start(before));
    expect(collection.freshAtMs).toBeLessThanOrEqual(freshAtMs + 1);
  });

  it('is used again when the worker dies', async () => {
    const world = await withSnapshot();
    const collection = world.track();
    world.registry.drop(collection);
    world.chroma.reads.length = 0;
    world.sync.wantMirror(targetOf(1));
    await settled();
    expect([collection.state, world.chroma.reads]).toEqual(['warm', []]);
  });

  it.each<[string, (world: World) => void, string]>([
    ['damaged', (world) => (world.mirrors.damaged = true), 'refused'],
    ['of another store', (world) => (world.chroma.address = 'http://other'), 'outdated'],
    [
      'of a collection that is configured otherwise',
      ({ chroma }) => (chroma.info = { ...INFO, efSearch: 7 }),
      'outdated',
    ],
  ])('is not used when it is %s', async (_, change, counted) => {
    const world = start(await withSnapshot());
    change(world);
    const collection = await recovered(world);
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', world.stored()]);
    expect(world.chroma.reads.flat()).toEqual(['a', 'b', 'c']);
    expect(world.mirrors.snapshots.size).toBe(0);
    expect(await world.counter(`snapshots_total{use="load",outcome="${counted}"}`)).toBe(1);
  });

  it('is removed when nobody knows what was written since', async () => {
    const before = await withSnapshot();
    rmSync(join(dataDir, 'journal', 'journal'));
    const world = start(before);
    await recovered(world);
    expect(world.mirrors.snapshots.size).toBe(0);
    expect(await world.counter('snapshots_total{use="load",outcome="outdated"}')).toBe(1);
  });

  it('is not believed after a write of unknown scope', async () => {
    const before = await withSnapshot();
    await before.write({ a: '2' }, { kind: 'unknown' });
    const world = start(before);
    expect(world.mirrored(await recovered(world))).toBeUndefined();
    expect(world.mirrors.snapshots.size).toBe(0);
  });

  it('leaves the earlier one usable when it cannot be taken', async () => {
    const before = await withSnapshot();
    await before.write({ a: '2' });
    before.mirrors.diskFull = true;
    await take(before);
    expect(await before.counter('snapshots_total{use="take",outcome="failed"}')).toBe(1);
    const world = start(before);
    expect(world.mirrored(await recovered(world))).toEqual({ a: '2', b: '1', c: '1' });
  });
});

describe('SnapshotJob', () => {
  it('takes one of each warm mirror, and another where something was written since', async () => {
    const world = start();
    await world.warm();
    world.snapshotJob.run();
    await settled();
    expect(world.mirrors.snapshots.size).toBe(1);
    world.track().snapshotDueAtMs = 0;
    world.snapshotJob.run();
    await settled();
    expect(await world.counter('snapshots_total{use="take",outcome="ok"}')).toBe(1);
    await world.write({ a: '2' });
    world.snapshotJob.run();
    await settled();
    expect(await world.counter('snapshots_total{use="take",outcome="ok"}')).toBe(2);
  });

  it('takes none of a mirror that is in doubt', async () => {
    const world = start();
    world.registry.doubt(await world.warm(), undefined);
    world.snapshotJob.run();
    await settled();
    expect(world.snapshotJob.takeNow(world.track())).toContain('settling');
    expect(world.mirrors.snapshots.size).toBe(0);
  });

  it('takes one at a time', async () => {
    const world = start();
    await world.warm();
    world.mirrors.saveGate.hold();
    expect(world.snapshotJob.takeNow(world.track())).toBeUndefined();
    expect(world.snapshotJob.takeNow(world.track())).toContain('try again');
    await world.mirrors.saveGate.open();
    expect(world.mirrors.snapshots.size).toBe(1);
  });
});

describe('SnapshotSweep', () => {
  it('removes a snapshot that was without a mirror twice in a row', async () => {
    const world = await withSnapshot();
    await world.sweep.run();
    await world.sweep.run();
    expect(world.mirrors.snapshots.size).toBe(1);
    world.registry.drop(world.track());
    await world.sweep.run();
    expect(world.mirrors.snapshots.size).toBe(1);
    await world.sweep.run();
    expect(world.mirrors.snapshots.size).toBe(0);
  });
});
