import { describe, expect, it } from '@jest/globals';
import { settled } from './gate.fake.js';
import { RECORD_BYTES } from './mirrors.fake.js';
import { named, targetOf, World } from './sync-world.fake.js';

describe('ReadBack', () => {
  it('runs one at a time, and what ends meanwhile shares the next', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1', c: '1' });
    const before = await world.counter('read_backs_total{outcome="ok"}');
    world.chroma.reads.length = 0;
    world.chroma.readGate.hold();
    const writes = [world.write({ a: '2' })];
    await settled();
    writes.push(world.write({ b: '2' }), world.write({ c: '2' }));
    await settled();
    expect(world.chroma.reads).toEqual([['a']]);
    await world.chroma.readGate.release();
    expect(world.chroma.reads).toEqual([['a'], ['b', 'c']]);
    await world.chroma.readGate.open();
    await Promise.all(writes);
    expect(world.mirrored(collection)).toEqual({ a: '2', b: '2', c: '2' });
    expect(await world.counter('read_backs_total{outcome="ok"}')).toBe(before + 2);
  });

  it('reads again what was written while it was being read', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.readGate.hold();
    const first = world.write({ a: '2' });
    await settled();
    let acknowledged = false;
    const second = world.write({ a: '3' }).then(() => (acknowledged = true));
    await settled();
    await world.chroma.readGate.release();
    expect([world.mirrored(collection), acknowledged]).toEqual([{ a: '2' }, false]);
    await world.chroma.readGate.open();
    await Promise.all([first, second]);
    expect(world.mirrored(collection)).toEqual({ a: '3' });
  });

  it('removes what ChromaDB has no more, by id and by listing', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1', c: '1' });
    await world.write({ a: undefined });
    expect(world.mirrored(collection)).toEqual({ b: '1', c: '1' });
    await world.write({ b: undefined }, { kind: 'removals' });
    expect(world.mirrored(collection)).toEqual({ c: '1' });
    expect([collection.dirty.size, collection.listingDue]).toEqual([0, false]);
  });

  it('leaves no removed record in the mirror that another write is about to add again', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const removal = world.write({ a: undefined }, { kind: 'removals' });
    const addition = world.write({ a: '2' });
    await settled();
    await world.chroma.sendGate.release(1);
    await removal;
    expect(world.mirrored(collection)).not.toEqual({ a: '1' });
    await world.chroma.sendGate.open();
    await addition;
    expect(world.mirrored(collection)).toEqual({ a: '2' });
  });

  it('reads page by page, and shows all of them at once', async () => {
    const world = new World({ pageRecords: 2, settleMs: 0 });
    const collection = await world.warm();
    world.chroma.reads.length = 0;
    world.chroma.readGate.hold();
    const write = world.write({ a: '2', b: '2', c: '2', d: '2', e: '2' });
    for (let page = 0; page < 3; page++) {
      await settled();
      expect([world.mirrored(collection), world.mirrors.partial.size]).toEqual([{ a: '1' }, 0]);
      await world.chroma.readGate.release();
    }
    await write;
    expect(world.chroma.reads).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(world.mirrored(collection)).toEqual({ a: '2', b: '2', c: '2', d: '2', e: '2' });
  });

  it('holds no more pages than it may: the mirror is not read until the last is there', async () => {
    const world = new World({ pageRecords: 1, settleMs: 0 });
    const collection = await world.warm({ a: '1', b: '1' });
    world.mirrors.applyGate.hold();
    const write = world.write({ a: 'x'.repeat(70_000_000), b: '2' });
    await settled();
    await world.mirrors.applyGate.release();
    expect([world.mirrored(collection)?.['b'], world.mirrors.partial.size]).toEqual(['1', 1]);
    await world.mirrors.applyGate.open();
    await write;
    expect([world.mirrored(collection)?.['b'], world.mirrors.partial.size]).toEqual(['2', 0]);
  });

  it.each(['read', 'listIds'] as const)('rejects when ChromaDB fails to %s', async (call) => {
    const world = new World();
    const collection = await world.warm();
    collection.dirty.add('a');
    collection.listingDue = true;
    world.chroma.failing = call;
    await expect(world.readBack.flush(collection)).rejects.toMatchObject({ code: 'store-failed' });
    expect(await world.counter('read_backs_total{outcome="failed"}')).toBe(1);
  });

  it('reads a page again that ChromaDB failed to read', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.reads.length = 0;
    world.chroma.readGate.hold();
    world.chroma.failing = 'read';
    const write = world.write({ a: '2' });
    await settled();
    await world.chroma.readGate.release();
    world.chroma.failing = undefined;
    await world.chroma.readGate.open();
    await write;
    expect(world.chroma.reads).toEqual([['a'], ['a']]);
    expect(world.mirrored(collection)).toEqual({ a: '2' });
  });

  it('rejects when the mirror fails, and can run again', async () => {
    const world = new World();
    const collection = await world.warm();
    collection.dirty.add('a');
    world.mirrors.failing = true;
    await expect(world.readBack.flush(collection)).rejects.toMatchObject({ code: 'mirror-lost' });
    world.mirrors.failing = false;
    world.chroma.records.set('a', '2');
    collection.dirty.add('a');
    await world.readBack.flush(collection);
    expect(world.mirrored(collection)).toEqual({ a: '2' });
  });

  it('reads nothing where there is no mirror', async () => {
    const world = new World();
    const collection = world.track();
    collection.dirty.add('a');
    await world.readBack.flush(collection);
    expect(world.chroma.reads).toEqual([]);
  });

  it('runs collections apart', async () => {
    const world = new World();
    await world.warm({ a: '1' });
    const other = await world.warm({ a: '1' }, targetOf(2));
    world.chroma.readGate.hold();
    const writes = [world.write({ a: '2' }), world.write({ a: '3' }, named('insert', 'a'), other.target)];
    await settled();
    expect(world.chroma.readGate.waiting).toHaveLength(2);
    await world.chroma.readGate.open();
    await Promise.all(writes);
  });
});

/** Longer than what is decoded at once when ChromaDB has answered. */
const LONG = 'x'.repeat(100_000);

describe('ReadBack, of inserts whose body tells what ChromaDB has', () => {
  const insert = (world: World, records: Readonly<Record<string, string>>) =>
    world.send(
      () => {
        for (const [id, value] of Object.entries(records)) world.chroma.records.set(id, value);
      },
      named('insert', ...Object.keys(records)),
      targetOf(1),
      records,
    );
  const counts = async (world: World) =>
    Promise.all(
      ['reproduced', 'read-back'].map((how) => world.counter(`insert_reflections_total{how="${how}"}`)),
    );

  it('reads nothing back', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.reads.length = 0;
    await insert(world, { b: '1', c: '1', d: '1' });
    expect([world.chroma.reads, world.mirrored(collection)]).toEqual([[], world.stored()]);
    expect(await counts(world)).toEqual([1, 0]);
  });

  it('reads back what was there before, and what is not certain', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.reads.length = 0;
    await insert(world, { a: '2', b: '1' });
    world.mirrors.foreseeing = () => false;
    await insert(world, { c: '1' });
    expect(world.chroma.reads).toEqual([['a', 'b'], ['c']]);
    expect(world.mirrored(collection)).toEqual(world.stored());
    expect(await counts(world)).toEqual([0, 2]);
  });

  it('reads back what has no room, which is made for it', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.mirrors.limitBytes = RECORD_BYTES;
    await insert(world, { b: '1' });
    expect(collection.state).not.toBe('warm');
    expect(await counts(world)).toEqual([0, 1]);
  });

  it('has long bodies decoded while ChromaDB works, and forgotten when it has', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const write = insert(world, { b: LONG });
    await settled();
    expect([world.mirrors.preparations, world.mirrors.prepared.size]).toEqual([1, 1]);
    await world.chroma.sendGate.open();
    await write;
    expect(world.mirrors.prepared.size).toBe(0);
    expect(world.mirrored(collection)).toEqual({ a: '1', b: LONG });
    expect(await counts(world)).toEqual([1, 0]);
  });

  it('forgets a long body that ChromaDB refused', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.outcome = 400;
    await world.send(() => undefined, named('insert', 'b'), targetOf(1), { b: LONG });
    expect([world.mirrors.preparations, world.mirrors.prepared.size]).toEqual([1, 0]);
    expect(world.mirrored(collection)).toEqual({ a: '1' });
  });

  it('has a mirror read what was decoded for an earlier one', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const write = insert(world, { b: LONG });
    await settled();
    world.registry.drop(collection);
    world.warmUp.start(collection, targetOf(1));
    await settled();
    await world.chroma.sendGate.open();
    await write;
    await settled();
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', { a: '1', b: LONG }]);
    expect(await counts(world)).toEqual([0, 0]);
  });

  it.each([400, 500])('takes nothing in that ended with %i', async (status) => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.outcome = status;
    await world.send(() => undefined, named('insert', 'b'), targetOf(1), { b: '1' });
    expect(world.mirrored(collection)).toEqual({ a: '1' });
    expect(collection.serving).toBe(status === 400 ? 'warm' : 'settling');
    expect(await counts(world)).toEqual([0, 0]);
  });

  it('asks for the order once, when the last of the writes that overlapped ends', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const writes = ['x', 'y', 'z'].map((id) => insert(world, { [id]: '1' }));
    await settled();
    const [first, second, third] = world.chroma.sendGate.waiting;
    for (const go of [third, first]) {
      go?.();
      await settled();
    }
    expect([world.chroma.listings, world.mirroredOrder(collection)]).toEqual([[undefined], undefined]);
    second?.();
    await Promise.all(writes);
    expect(world.chroma.listings).toEqual([undefined, ['z', 'x', 'y']]);
    expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
  });

  it('asks for the order with each turn while somebody reads in order', async () => {
    const world = new World();
    world.mirrors.readInOrder = true;
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const writes = ['x', 'y', 'z'].map((id) => insert(world, { [id]: '1' }));
    await settled();
    await world.chroma.sendGate.release(1);
    await world.chroma.sendGate.release(1);
    await Promise.all(writes.slice(0, 2));
    expect([world.chroma.listings.length, world.mirroredOrder(collection)]).toEqual([2, ['a', 'x', 'y']]);
    await world.chroma.sendGate.open();
    await Promise.all(writes);
  });

  it('asks for an open order when the last write that is under way is refused', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const writes = ['x', 'y'].map((id) => insert(world, { [id]: '1' }));
    await settled();
    world.chroma.outcome = 400;
    const refused = world.send(() => undefined, named('insert', 'z'));
    await settled();
    const [first, second] = world.chroma.sendGate.waiting.splice(0, 2);
    for (const go of [second, first]) {
      go?.();
      await settled();
    }
    await Promise.all(writes);
    expect(world.mirroredOrder(collection)).toBeUndefined();
    await world.chroma.sendGate.open();
    await refused;
    expect(world.mirroredOrder(collection)).toEqual(['a', 'x', 'y']);
  });
});

describe('ReadBack, insertion order', () => {
  it('asks for no order when a writer waits for each acknowledgement', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1' });
    await world.write({ e: '1', d: '1', c: '1' });
    await world.write({ a: '2', f: '1' });
    await world.write({ b: undefined, d: undefined });
    await world.write({ d: '2' });
    expect(world.mirroredOrder(collection)).toEqual(['a', 'e', 'c', 'f', 'd']);
    expect(world.storedOrder()).toEqual(['a', 'e', 'c', 'f', 'd']);
    expect(world.chroma.listings).toEqual([undefined]);
  });

  it('asks for the order of those that were inserted while others were under way', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.sendGate.hold();
    const first = world.write({ x: '1' });
    const second = world.write({ y: '1' });
    await settled();
    world.chroma.sendGate.waiting.splice(1, 1).forEach((go) => {
      go();
    });
    await second;
    expect(world.mirroredOrder(collection)).toEqual(['a', 'y']);
    world.chroma.listGate.hold();
    await world.chroma.sendGate.open();
    expect([world.chroma.listings.at(-1), world.mirroredOrder(collection)]).toEqual([['y', 'x'], undefined]);
    await world.chroma.listGate.open();
    await first;
    expect(world.mirroredOrder(collection)).toEqual(['a', 'x', 'y']);
    await world.write({ z: '1' });
    expect(world.chroma.listings).toHaveLength(2);
  });

  it('asks for no order when nothing was new to the mirror', async () => {
    const world = new World();
    await world.warm({ a: '1', b: '1' });
    await Promise.all([world.write({ b: '2' }), world.write({ a: '2' }), world.write({ b: '3' })]);
    expect(world.chroma.listings).toEqual([undefined]);
  });

  it('asks for no order when a delete spared a record, or one comes back', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1', b: '1' });
    await world.send(() => undefined, named('remove', 'a', 'b'));
    expect(world.mirroredOrder(collection)).toEqual(['a', 'b']);
    world.chroma.sendGate.hold();
    const removal = world.write({ a: undefined });
    const addition = world.write({ a: '2' });
    await settled();
    await world.chroma.sendGate.open();
    await Promise.all([removal, addition]);
    expect(world.mirroredOrder(collection)).toEqual(['b', 'a']);
    expect(world.chroma.listings).toEqual([undefined]);
  });
});
