import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../vector/errors.js';
import { settled } from './gate.fake.js';
import { targetOf, World } from './sync-world.fake.js';

describe('WritePath', () => {
  it('acknowledges a write when its mirror reflects it', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    const before = collection.version;
    const { status } = await world.write({ a: '2', b: '1' });
    expect([status, collection.state, collection.writesInFlight]).toEqual([200, 'warm', 0]);
    expect(world.mirrored(collection)).toEqual({ a: '2', b: '1' });
    expect(collection.version).toBeGreaterThan(before);
    expect(await world.counter('writes_total{kind="records",outcome="ok"}')).toBe(1);
  });

  it('moves the version after the mirror followed, not before', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    const before = collection.version;
    world.mirrors.applyGate.hold();
    const write = world.write({ a: '2' });
    await settled();
    expect([collection.version, collection.writesInFlight]).toEqual([before, 1]);
    await world.mirrors.applyGate.open();
    await write;
    expect(collection.version).toBeGreaterThan(before);
  });

  it.each([500, 502, 503, 504])('puts the collection in doubt when ChromaDB answers %p', async (status) => {
    const world = new World();
    const collection = await world.warm();
    const before = collection.version;
    world.chroma.outcome = status;
    expect((await world.write({ a: '2' })).status).toBe(status);
    expect(collection.serving).toBe('settling');
    expect(collection.version).toBeGreaterThan(before);
    expect(await world.counter('in_doubt_total')).toBe(1);
  });

  it.each<ErrorCode>(['store-failed', 'store-timeout'])(
    'puts the collection in doubt on %s',
    async (code) => {
      const world = new World();
      const collection = await world.warm();
      const before = collection.version;
      world.chroma.outcome = code;
      await expect(world.write({ a: '2' })).rejects.toMatchObject({ code });
      expect([collection.serving, collection.writesInFlight]).toEqual(['settling', 0]);
      expect(collection.version).toBeGreaterThan(before);
      expect(await world.counter('writes_total{kind="records",outcome="failed"}')).toBe(1);
    },
  );

  it('keeps the mirror when nothing was sent', async () => {
    const world = new World();
    const collection = await world.warm();
    world.chroma.outcome = 'store-unreachable';
    await expect(world.write({ a: '1' })).rejects.toMatchObject({ code: 'store-unreachable' });
    expect(collection.state).toBe('warm');
    expect(await world.counter('in_doubt_total')).toBe(0);
    expect(await world.counter('writes_total{kind="records",outcome="rejected"}')).toBe(1);
  });

  it.each([400, 404, 422, 501])('keeps the mirror when ChromaDB refuses with %p', async (status) => {
    const world = new World();
    const collection = await world.warm();
    world.chroma.outcome = status;
    world.chroma.reads.length = 0;
    expect((await world.write({}, { kind: 'unknown' })).status).toBe(status);
    expect([collection.state, world.chroma.reads]).toEqual(['warm', []]);
    expect(await world.counter('writes_total{kind="records",outcome="refused"}')).toBe(1);
  });

  it('drops the mirror after a write of unknown scope', async () => {
    const world = new World();
    const collection = await world.warm();
    await world.write({ a: '2' }, { kind: 'unknown' });
    expect([collection.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
  });

  it('calls the warm-up off after a write of unknown scope', async () => {
    const world = new World();
    world.chroma.records.set('a', '1');
    world.chroma.readGate.hold();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    await world.write({ a: '2' }, { kind: 'unknown' });
    await world.chroma.readGate.open();
    expect([collection.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
  });

  it.each(['chroma', 'mirror'])(
    'acknowledges, and drops the mirror, when the %s fails the read-back',
    async (who) => {
      const world = new World();
      const collection = await world.warm();
      if (who === 'chroma') world.chroma.failing = 'read';
      else world.mirrors.failing = true;
      expect((await world.write({ a: '2' })).status).toBe(200);
      expect([collection.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
      expect(await world.counter('writes_total{kind="records",outcome="ok"}')).toBe(1);
    },
  );

  it('drops no later mirror when the read-back of an earlier one fails', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.mirrors.applyGate.hold();
    const write = world.write({ a: '2' });
    await settled();
    world.registry.drop(collection);
    const failed = world.mirrors.applyGate.waiting.splice(0);
    await world.mirrors.applyGate.open();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    for (const go of failed) go();
    await settled();
    expect((await write).status).toBe(200);
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', { a: '2' }]);
  });

  it.each([
    [true, 'warm'],
    [false, 'cold'],
  ])('compacts a mirror that is worn, where there is memory: %s', async (compactable, state) => {
    const world = new World();
    const collection = await world.warm();
    Object.assign(world.mirrors, { wear: true, compactable });
    await world.write({ a: '2' });
    await settled();
    expect([collection.state, world.mirrors.compactions]).toEqual([state, 1]);
  });

  it('lifts the refusal of an empty collection, and of no other', async () => {
    const world = new World();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect(collection.refusal).toBe('empty');
    await world.write({ a: '1' });
    expect([collection.state, collection.refusal]).toEqual(['cold', undefined]);
    world.mirrors.limitBytes = 0;
    world.warmUp.start(collection, targetOf(1));
    await settled();
    await world.write({ b: '1' });
    expect([collection.state, collection.refusal]).toEqual(['refused', 'over-budget']);
  });

  it('leaves a collection without a mirror as it is, but for its version', async () => {
    const world = new World();
    const collection = world.track();
    const before = collection.version;
    await world.write({ a: '1' });
    expect([collection.state, world.chroma.reads]).toEqual(['cold', []]);
    expect(collection.version).toBeGreaterThan(before);
  });

  it('keeps a collection that settles out, whatever other writes do', async () => {
    const world = new World();
    const collection = world.track();
    world.registry.doubt(collection, undefined);
    await world.write({ a: '1' });
    expect(collection.serving).toBe('settling');
  });
});
