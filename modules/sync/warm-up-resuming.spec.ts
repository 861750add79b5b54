import { describe, expect, it } from '@jest/globals';
import { INFO } from './chroma-collection.fake.js';
import { eventually, settled } from './gate.fake.js';
import { targetOf, World } from './sync-world.fake.js';
import { MAX_NOTED_RECORDS } from './synced-collection.js';

const RECORDS = { a: '1', b: '1', c: '1', d: '1', e: '1' };
/** More than any spec here waits. */
const PATIENT_MS = 60_000;

/** A world whose warm-up has read its first page and meets an outage at the second. */
async function interrupted(outages = 1, warmPatienceMs = PATIENT_MS) {
  const world = new World({ warmPatienceMs });
  for (const [id, value] of Object.entries(RECORDS)) world.chroma.records.set(id, value);
  world.chroma.readGate.hold();
  const collection = world.track();
  world.warmUp.start(collection, targetOf(1));
  await settled();
  await world.chroma.readGate.release();
  world.chroma.outages = outages;
  await world.chroma.readGate.open();
  return { world, collection };
}

const pauses = (world: World) => world.counter('warm_up_pauses_total{cause="store-unreachable"}');

describe('WarmUp, when ChromaDB fails on the way', () => {
  it('goes on from where it was, with what was written meanwhile', async () => {
    const { world, collection } = await interrupted();
    expect(collection.state).toBe('warming');
    expect(world.mirrored(collection)).toEqual({ a: '1', b: '1' });
    await world.write({ a: '2' });
    await world.write({ f: '1' });
    await world.write({ c: undefined });
    await eventually(() => collection.state === 'warm');
    expect(world.chroma.reads.slice(0, 4)).toEqual([['a', 'b'], ['c', 'd'], ['c', 'd'], ['e']]);
    expect(world.mirrored(collection)).toEqual({ a: '2', b: '1', d: '1', e: '1', f: '1' });
    expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
    expect(await pauses(world)).toBe(1);
    expect(await world.counter('warm_ups_total{outcome="ok"}')).toBe(1);
    expect(collection.warmUp?.report(0)).toMatchObject({ status: 'ok', recordsDone: 5, pauses: 1 });
  });

  it('waits again where ChromaDB is still not back', async () => {
    const { world, collection } = await interrupted(2);
    await eventually(() => collection.state === 'warm');
    expect([world.mirrored(collection), await pauses(world)]).toEqual([RECORDS, 2]);
  });

  it('gives up when its patience is at its end, and begins anew after a while', async () => {
    const { world, collection } = await interrupted(Number.POSITIVE_INFINITY, 5);
    await eventually(() => collection.state !== 'warming');
    expect([collection.state, collection.handle, world.mirrors.contents.size]).toEqual([
      'cold',
      undefined,
      0,
    ]);
    expect(collection.heldForMs(performance.now())).toBeGreaterThan(0);
    expect(await world.counter('warm_ups_total{outcome="failed"}')).toBe(1);
  });

  it.each([
    ['is gone', undefined],
    ['is another one', { ...INFO, space: 'cosine' as const }],
  ])('does not go on when the collection %s after it', async (_, info) => {
    const { world, collection } = await interrupted();
    world.chroma.info = info;
    await eventually(() => collection.state !== 'warming');
    expect([collection.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
    expect(collection.warmUp?.report(0).message).toContain('changed');
  });

  it('ends at once when it is called off while it waits', async () => {
    const { world, collection } = await interrupted(Number.POSITIVE_INFINITY);
    world.room.dismiss(collection);
    await settled();
    expect([world.warmUp.running, world.mirrors.contents.size]).toEqual([0, 0]);
    expect(await world.counter('warm_ups_total{outcome="cancelled"}')).toBe(1);
    expect(collection.heldForMs(performance.now())).toBeGreaterThan(0);
    world.placement.want(targetOf(1));
    expect(collection.state).toBe('cold');
  });

  it('ends at once at a shutdown', async () => {
    const { world } = await interrupted(Number.POSITIVE_INFINITY);
    world.warmUp.onModuleDestroy();
    await settled();
    expect(world.warmUp.running).toBe(0);
  });

  it('begins anew where more was written than is noted', async () => {
    const { world, collection } = await interrupted();
    const ids = Array.from({ length: MAX_NOTED_RECORDS + 1 }, (_, number) => `new-${number}`);
    await world.send(() => undefined, { kind: 'named', effect: 'insert', ids });
    expect(collection.dirty.size).toBe(0);
    await world.write({ a: '2' });
    expect(collection.dirty.size).toBe(0);
    await eventually(() => collection.state === 'cold');
    expect(await world.counter('warm_ups_total{outcome="outrun"}')).toBe(1);
    expect(world.mirrors.contents.size).toBe(0);
  });
});

describe('WarmUp, when ChromaDB fails while it catches up', () => {
  /** All pages are read, the write of `a` is noted, and the next so many readings fail. */
  async function atItsEnd(reading: number) {
    const world = new World({ warmPatienceMs: PATIENT_MS });
    for (const id of ['a', 'b']) world.chroma.records.set(id, '1');
    world.chroma.readGate.hold();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    for (let value = 2; value < 2 + reading; value++) {
      await world.write({ a: String(value), [`new-${value}`]: '1' });
      await world.chroma.readGate.release();
    }
    world.chroma.outages = 1;
    return { world, collection };
  }

  it.each([
    ['the first time', 1, 'warming'],
    ['while writes wait', 2, 'catching-up'],
  ] as const)('%s: notes what it could not read, and goes on', async (_, reading, state) => {
    const { world, collection } = await atItsEnd(reading);
    expect([collection.state, world.chroma.readGate.waiting.length]).toEqual([state, 1]);
    await world.chroma.readGate.open();
    expect(collection.state).toBe('warming');
    // Nobody waits until ChromaDB is back.
    await world.write({ z: '1', a: undefined });
    expect(collection.state).toBe('warming');
    await eventually(() => collection.state === 'warm');
    expect(world.mirrored(collection)).toEqual(world.stored());
    expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
    expect(await pauses(world)).toBe(1);
  });
});

describe('WarmUp, with a share of its time', () => {
  it('leaves ChromaDB to others after each page, and can be called off meanwhile', async () => {
    const world = new World({ warmSharePercent: 1 });
    for (const [id, value] of Object.entries(RECORDS)) world.chroma.records.set(id, value);
    world.chroma.readGate.hold();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    const readMs = performance.now();
    await eventually(() => performance.now() - readMs > 20);
    await world.chroma.readGate.open();
    expect(world.mirrored(collection)).toEqual({ a: '1', b: '1' });
    expect(world.chroma.reads).toHaveLength(1);
    world.registry.drop(collection);
    await settled();
    expect(world.warmUp.running).toBe(0);
  });

  it('ends as any other', async () => {
    const world = new World({ warmSharePercent: 50 });
    for (const [id, value] of Object.entries(RECORDS)) world.chroma.records.set(id, value);
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await eventually(() => collection.state === 'warm');
    expect(world.mirrored(collection)).toEqual(RECORDS);
  });
});
