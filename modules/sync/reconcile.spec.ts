import { describe, expect, it } from '@jest/globals';
import { INFO } from './chroma-collection.fake.js';
import { settled } from './gate.fake.js';
import { targetOf, World } from './sync-world.fake.js';

const counted = async (world: World, kind: string) =>
  (await world.counter(`drift_records_total{kind="${kind}"}`)) || 0;

describe('Reconcile', () => {
  it('repairs what was written past Tidegate, counts it, and lets no older answer live', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1', c: '1' });
    const { version, freshAtMs = 0 } = collection;
    world.chroma.records.delete('a');
    world.chroma.records.set('b', '2');
    world.chroma.records.set('d', '1');
    expect(await world.reconcile.now(collection)).toBe('ok');
    expect(world.mirrored(collection)).toEqual({ b: '2', c: '1', d: '1' });
    expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
    expect(collection.version).toBeGreaterThan(version);
    expect(collection.freshAtMs).toBeGreaterThan(freshAtMs);
    const kinds = ['extra', 'document', 'missing', 'order'];
    expect(await Promise.all(kinds.map((kind) => counted(world, kind)))).toEqual([1, 1, 1, 0]);
    expect(await world.counter('drift_repaired_total')).toBe(3);
    expect(collection.reconciliation.report()).toMatchObject({
      lastPassAt: expect.any(String),
      found: { extra: 1, document: 1, missing: 1, order: 0 },
      repaired: 3,
      running: undefined,
    });
  });

  it('ends answers that were kept before a pass that found nothing', async () => {
    const world = new World();
    const collection = await world.warm();
    const { version } = collection;
    await world.reconcile.now(collection);
    expect(collection.version).toBeGreaterThan(version);
  });

  it('looks again at what a write touched', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1' });
    world.chroma.sendGate.hold();
    const write = world.write({ a: '2' });
    world.chroma.reads.length = 0;
    world.chroma.readGate.hold();
    const pass = world.reconcile.now(collection);
    await settled();
    await world.chroma.sendGate.open();
    await world.chroma.readGate.open();
    await Promise.all([write, pass]);
    expect(world.chroma.reads.filter((ids) => ids.includes('a')).length).toBeGreaterThan(2);
    expect(collection.reconciliation.report()).toMatchObject({ repaired: 0 });
  });

  it('ends, though writes never leave a record alone', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1' });
    let [ended, changes] = [false, 0];
    const writer = async () => {
      while (!ended) await world.write({ a: String(++changes) });
    };
    const writers = [writer(), writer(), writer()];
    const pass = world.reconcile.now(collection);
    const { running } = collection.reconciliation;
    expect(await pass).toBe('ok');
    ended = true;
    await Promise.all(writers);
    expect([running?.compared, running?.records]).toEqual([2, 2]);
    expect(collection.reconciliation.report().repaired).toBe(0);
    expect(world.mirrored(collection)).toEqual(world.stored());
  });

  it('has another pass follow one that somebody asks for meanwhile', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.readGate.hold();
    const first = world.reconcile.now(collection);
    await settled();
    expect(collection.reconciliation.report().running).toMatchObject({ cause: 'asked', records: 1 });
    // After what the first pass has read.
    world.chroma.records.set('a', '2');
    const second = world.reconcile.now(collection);
    const third = world.reconcile.now(collection);
    await world.chroma.readGate.open();
    expect(await Promise.all([first, second, third])).toEqual(['ok', 'ok', 'ok']);
    expect(world.mirrored(collection)).toEqual({ a: '2' });
    expect(await world.counter('reconciles_total{outcome="ok"}')).toBe(2);
  });

  it.each(['read', 'listIds'] as const)(
    'leaves the mirror serving where ChromaDB fails to %s',
    async (call) => {
      const world = new World();
      const collection = await world.warm({ a: '1' });
      world.chroma.failing = call;
      expect(await world.reconcile.now(collection)).toBe('failed');
      expect(collection.state).toBe('warm');
      expect(await world.counter('reconciles_total{outcome="failed"}')).toBe(1);
      // Not before a while.
      world.chroma.failing = undefined;
      world.reconcile.suspect(collection, 'count');
      expect(collection.reconciliation.running).toBeUndefined();
    },
  );

  it('repairs later what it could not repair', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.records.set('b', '1');
    world.chroma.listGate.hold();
    const pass = world.reconcile.now(collection);
    await settled();
    world.chroma.readGate.hold();
    await world.chroma.listGate.open();
    world.chroma.failing = 'read';
    await world.chroma.readGate.open();
    expect(await pass).toBe('failed');
    expect(collection.isClean).toBe(false);
    world.chroma.failing = undefined;
    expect(await world.reconcile.now(collection)).toBe('ok');
    expect(world.mirrored(collection)).toEqual({ a: '1', b: '1' });
    expect(collection.reconciliation.report().found.missing).toBe(1);
  });

  it.each([
    [
      'is dropped',
      (world: World) => {
        world.registry.drop(world.track());
      },
    ],
    [
      'is in doubt',
      (world: World) => {
        world.registry.doubt(world.track(), undefined);
      },
    ],
    [
      'is pinned away',
      (world: World) => {
        world.room.ban(world.track());
      },
    ],
  ])('is called off where the mirror %s', async (_, end) => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.records.set('a', '2');
    world.chroma.readGate.hold();
    const pass = world.reconcile.now(collection);
    await settled();
    end(world);
    await world.chroma.readGate.open();
    expect(await pass).toBe('called-off');
    expect(collection.reconciliation.report().found.document).toBe(0);
    expect(await world.reconcile.now(collection)).toBe('called-off');
  });

  it('takes a mirror out that has drifted far, until a whole pass finds it equal', async () => {
    const world = new World({ driftMaxRecords: 1 });
    const collection = await world.warm({ a: '1', b: '1', c: '1' });
    world.chroma.records.set('a', '2');
    await world.reconcile.now(collection);
    expect(collection.state).toBe('warm');
    world.chroma.records.set('a', '3');
    world.chroma.records.set('b', '3');
    await world.reconcile.now(collection);
    expect([collection.state, world.sync.view(targetOf(1))?.mirror]).toEqual(['drifted', undefined]);
    // It follows the writes.
    await world.write({ c: '4' });
    expect(world.mirrored(collection)).toEqual({ a: '3', b: '3', c: '4' });
    world.chroma.records.set('a', '5');
    await world.reconcile.now(collection);
    expect(collection.state).toBe('drifted');
    world.reconcile.rotate();
    await settled();
    expect(collection.state).toBe('warm');
    expect(await world.counter('drifted_mirrors_total{move="out"}')).toBe(1);
    expect(await world.counter('drifted_mirrors_total{move="back"}')).toBe(1);
  });

  it('compares in turn what is due, the oldest first', async () => {
    const world = new World({ reconcileIntervalMs: 1_000_000 });
    const [first, second] = [await world.warm(), await world.warm({ a: '1' }, targetOf(2))];
    world.reconcile.rotate();
    await settled();
    expect(await world.counter('reconciles_total{outcome="ok"}')).toBe(0);
    first.freshAtMs = performance.now() - 600_000;
    second.freshAtMs = performance.now() - 700_000;
    world.chroma.listGate.hold();
    world.reconcile.rotate();
    world.reconcile.rotate();
    await settled();
    expect([first, second].map(({ reconciliation }) => reconciliation.running?.cause)).toEqual([
      undefined,
      'rotation',
    ]);
    await world.chroma.listGate.open();
    world.reconcile.rotate();
    await settled();
    expect(await world.counter('reconciles_total{outcome="ok"}')).toBe(2);
  });
});

describe('DriftCheck', () => {
  it('starts a pass where the counts differ', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    await world.driftCheck.check(collection);
    expect(await world.counter('drift_checks_total{outcome="same"}')).toBe(1);
    world.chroma.records.set('b', '1');
    await world.driftCheck.check(collection);
    await settled();
    expect(await world.counter('drift_checks_total{outcome="differs"}')).toBe(1);
    expect(world.mirrored(collection)).toEqual({ a: '1', b: '1' });
  });

  it('takes no write that is under way for drift', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.countGate.hold();
    const check = world.driftCheck.check(collection);
    await settled();
    await world.write({ b: '1' });
    await world.chroma.countGate.open();
    await check;
    expect(await world.counter('drift_checks_total{outcome="disturbed"}')).toBe(1);
    expect(collection.reconciliation.running).toBeUndefined();
  });

  it.each([
    [
      'is described otherwise',
      (world: World) => {
        world.chroma.info = { ...INFO, efSearch: 7 };
      },
    ],
    ['is gone', (world: World) => void world.chroma.gone.add(targetOf(1).id)],
  ])('takes mirror and answers away of a collection that %s', async (_, change) => {
    const world = new World();
    const collection = await world.warm();
    const { version } = collection;
    change(world);
    await world.driftCheck.check(collection);
    expect(collection.state).toBe('cold');
    expect(collection.version).toBeGreaterThan(version);
    expect(await world.counter('drift_checks_total{outcome="changed"}')).toBe(1);
  });

  it.each(['describe', 'count'] as const)(
    'leaves the mirror alone where ChromaDB fails to %s',
    async (call) => {
      const world = new World();
      const collection = await world.warm();
      world.chroma.failing = call;
      await world.driftCheck.check(collection);
      expect(collection.state).toBe('warm');
      expect(await world.counter('drift_checks_total{outcome="failed"}')).toBe(1);
    },
  );
});
