import { describe, expect, it } from '@jest/globals';
import { INFO } from './chroma-collection.fake.js';
import { settled } from './gate.fake.js';
import { named, targetOf, World } from './sync-world.fake.js';

const RECORDS = { a: '1', b: '1', c: '1', d: '1', e: '1' };

/** A world whose warm-up has begun and waits with its first page read. */
async function midway(records: Readonly<Record<string, string>> = RECORDS) {
  const world = new World();
  for (const [id, value] of Object.entries(records)) world.chroma.records.set(id, value);
  world.chroma.readGate.hold();
  const collection = world.track();
  world.warmUp.start(collection, targetOf(1));
  await settled();
  expect([collection.state, world.chroma.readGate.waiting.length]).toEqual(['warming', 1]);
  return { world, collection };
}

describe('WarmUp', () => {
  it('fills a mirror page by page until it equals ChromaDB', async () => {
    const world = new World();
    const collection = await world.warm(RECORDS);
    expect(world.mirrored(collection)).toEqual(RECORDS);
    expect(world.chroma.reads).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(world.chroma.listings).toEqual([undefined]);
    expect(collection.info).toEqual(INFO);
    expect(await world.counter('warm_ups_total{outcome="ok"}')).toBe(1);
  });

  it('runs once, however often it is asked for', async () => {
    const { world, collection } = await midway();
    world.warmUp.start(collection, targetOf(1));
    await world.chroma.readGate.open();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect([collection.state, world.chroma.listings.length]).toEqual(['warm', 1]);
  });

  it('notes writes meanwhile and reads them back before it is warm', async () => {
    const { world, collection } = await midway();
    await Promise.all([world.write({ a: '2' }), world.write({ f: '1' }), world.write({ b: undefined })]);
    await world.write({ e: undefined }, { kind: 'removals' });
    expect(collection.state).toBe('warming');
    await world.chroma.readGate.release();
    while (world.chroma.readGate.waiting.length > 0) {
      expect(['warming', 'catching-up']).toContain(collection.state);
      await world.chroma.readGate.release();
    }
    expect(collection.state).toBe('warm');
    expect(world.mirrored(collection)).toEqual({ a: '2', c: '1', d: '1', f: '1' });
  });

  it('is not warm with a removed record that another write is about to add again', async () => {
    const { world, collection } = await midway({ a: '1' });
    await world.write({ a: undefined }, { kind: 'removals' });
    world.chroma.sendGate.hold();
    const addition = world.write({ a: '2' });
    await settled();
    await world.chroma.readGate.open();
    if (collection.state === 'warm') expect(world.mirrored(collection)).not.toEqual({ a: '1' });
    await world.chroma.sendGate.open();
    await addition;
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', { a: '2' }]);
  });

  it('lets no write in between while it catches up', async () => {
    const { world, collection } = await midway({ a: '1' });
    await world.write({ a: '2' });
    await world.chroma.readGate.release();
    await world.write({ a: '3' });
    expect(collection.state).toBe('warming');
    await world.chroma.readGate.release();
    expect(collection.state).toBe('catching-up');
    let acknowledged = false;
    const write = world.write({ a: '4' }).then(() => (acknowledged = true));
    await settled();
    expect([world.stored(), acknowledged]).toEqual([{ a: '3' }, false]);
    await world.chroma.readGate.open();
    await write;
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', { a: '4' }]);
  });

  it('goes on, and holds no writer, where ChromaDB refuses a write meanwhile', async () => {
    const { world, collection } = await midway({ a: '1' });
    await world.write({ b: '1' });
    world.chroma.outcome = 400;
    // Answered though a page of the warm-up is held.
    expect((await world.send(() => undefined, named('insert', 'c'))).status).toBe(400);
    await world.chroma.readGate.open();
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', world.stored()]);
  });

  it('is called off by a drop in the middle', async () => {
    const { world, collection } = await midway();
    world.registry.drop(collection);
    await world.chroma.readGate.open();
    expect(collection.state).toBe('cold');
    expect([collection.handle, world.mirrors.contents.size]).toEqual([undefined, 0]);
    expect(world.chroma.reads).toHaveLength(1);
    expect(await world.counter('warm_ups_total{outcome="cancelled"}')).toBe(1);
    expect([world.warmUp.running, collection.warmUp?.report(0).status]).toEqual([0, 'cancelled']);
  });

  it('closes the mirror that opens after it was called off', async () => {
    const world = new World();
    world.chroma.records.set('a', '1');
    world.mirrors.createGate.hold();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    world.registry.drop(collection);
    await world.mirrors.createGate.open();
    expect([collection.state, collection.handle]).toEqual(['cold', undefined]);
    expect([world.mirrors.closed.length, world.mirrors.contents.size]).toEqual([1, 0]);
  });

  it('leaves a later warm-up alone when it was called off', async () => {
    const { world, collection } = await midway({ a: '1' });
    world.registry.drop(collection);
    world.chroma.records.set('a', '2');
    world.warmUp.start(collection, targetOf(1));
    await settled();
    await world.chroma.readGate.open();
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', { a: '2' }]);
    expect(world.mirrors.contents.size).toBe(1);
  });

  it('is not made stale by a read-back of the mirror before it', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', x: '1' });
    world.chroma.readGate.hold();
    const before = [world.write({ a: '2' })];
    await settled();
    before.push(world.write({ a: '3' }));
    await settled();
    world.registry.drop(collection);
    world.warmUp.start(collection, targetOf(1));
    await settled();
    // The new warm-up has read x, and its reading is on its way; now x is written and acknowledged.
    expect(world.chroma.reads.at(-1)).toEqual(['a', 'x']);
    await world.write({ x: '2' });
    // The first read-back of the old mirror ends, and the one that waited for it begins, and ends.
    const [oldReading, newReading] = world.chroma.readGate.waiting.splice(0);
    oldReading?.();
    await settled();
    await world.chroma.readGate.open();
    newReading?.();
    await settled();
    await Promise.all(before);
    expect(collection.state).toBe('warm');
    expect(world.mirrored(collection)).toEqual(world.stored());
  });
});

describe('WarmUp, refusing', () => {
  it.each([
    ['empty', (): void => undefined],
    ['empty', (world: World): void => void (world.chroma.info = { ...INFO, dimension: undefined })],
    ['not-mirrorable', (world: World): void => void (world.chroma.info = undefined)],
    [
      'over-budget',
      (world: World): void => {
        world.chroma.records.set('a', '1');
        world.mirrors.limitBytes = 0;
      },
    ],
  ] as const)('refuses a collection that is %s', async (refusal, given) => {
    const world = new World();
    given(world);
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect([collection.state, collection.refusal]).toEqual(['refused', refusal]);
    expect(world.mirrors.contents.size).toBe(0);
    expect(await world.counter('warm_ups_total{outcome="refused"}')).toBe(1);
  });

  it('gives up when the budget runs out on the way', async () => {
    const { world, collection } = await midway();
    world.mirrors.limitBytes = 0;
    await world.chroma.readGate.open();
    expect([collection.state, collection.refusal]).toEqual(['refused', 'over-budget']);
    expect(world.mirrors.contents.size).toBe(0);
  });

  it.each(['read', 'listIds', 'describe'] as const)(
    'is cold again when ChromaDB fails to %s',
    async (call) => {
      const world = new World();
      world.chroma.records.set('a', '1');
      world.chroma.failing = call;
      const collection = world.track();
      world.warmUp.start(collection, targetOf(1));
      await settled();
      expect([collection.state, collection.refusal, world.mirrors.contents.size]).toEqual([
        'cold',
        undefined,
        0,
      ]);
      expect(await world.counter('warm_ups_total{outcome="failed"}')).toBe(1);
    },
  );

  it('is cold again when no mirror can be opened', async () => {
    const world = new World();
    world.chroma.records.set('a', '1');
    world.mirrors.failing = true;
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect([collection.state, collection.handle]).toEqual(['cold', undefined]);
  });

  it('does not try again before its time, and then does', async () => {
    const world = new World();
    world.chroma.records.set('a', '1');
    world.chroma.failing = 'read';
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    world.chroma.failing = undefined;
    expect(collection.holdUntilMs).toBeGreaterThan(performance.now());
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect([collection.state, world.chroma.listings.length]).toEqual(['cold', 1]);
    collection.holdUntilMs = 0;
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect(collection.state).toBe('warm');
  });

  it('does not begin while any record may yet change by a write in doubt', async () => {
    const world = new World();
    const collection = world.track();
    world.registry.doubt(collection, { kind: 'unknown' });
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect([collection.serving, world.chroma.listings.length]).toEqual(['settling', 0]);
  });
});
