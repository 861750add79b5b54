import { describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { INFO } from './chroma-collection.fake.js';
import { settled } from './gate.fake.js';
import { named, targetOf, World } from './sync-world.fake.js';

const SETTLE_MS = 5;

async function doubted(
  changes: Record<string, string | undefined>,
  world = new World({ settleMs: SETTLE_MS }),
) {
  const collection = await world.warm({ a: '1', b: '1' });
  world.chroma.outcome = 'store-timeout';
  await world.write(changes).catch(() => undefined);
  world.chroma.outcome = 200;
  return { world, collection };
}

describe('Settling', () => {
  it('serves the mirror again, equal to ChromaDB, without filling it anew', async () => {
    const { world, collection } = await doubted({ a: '2', c: '1' });
    const { handle } = collection;
    expect(world.sync.view(targetOf(1))).toMatchObject({ state: 'settling', mirror: undefined });
    await world.settling.run();
    expect(world.sync.view(targetOf(1))).toMatchObject({ state: 'warm', mirror: handle });
    expect(world.mirrored(collection)).toEqual(world.stored());
    expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
  });

  it('sees what ChromaDB applies late, before the second barrier', async () => {
    const { world, collection } = await doubted({});
    collection.doubt?.add(named('insert', 'late', 'a'));
    world.chroma.barrierGate.hold();
    const settling = world.settling.run();
    await settled();
    await world.chroma.barrierGate.release();
    expect(world.chroma.barriers).toBe(1);
    world.chroma.records.set('late', '1').set('a', '2').delete('b');
    await world.chroma.barrierGate.open();
    await settling;
    expect(world.chroma.barriers).toBe(2);
    expect([collection.serving, world.mirrored(collection)]).toEqual(['warm', { a: '2', late: '1' }]);
  });

  it('waits until ChromaDB answers again', async () => {
    const { world, collection } = await doubted({ a: '2' });
    world.chroma.failing = 'barrier';
    await world.settling.run();
    await world.settling.run();
    expect([collection.serving, world.chroma.barriers]).toEqual(['settling', 2]);
    world.chroma.failing = undefined;
    await world.settling.run();
    expect(collection.serving).toBe('warm');
  });

  it('begins anew when another write comes in doubt', async () => {
    const { world, collection } = await doubted({ a: '2' });
    const settling = world.settling.run();
    world.registry.doubt(collection, named('update', 'b'));
    await settling;
    expect([collection.serving, collection.doubt?.writes]).toEqual(['settling', 2]);
    await world.settling.run();
    expect(collection.serving).toBe('warm');
  });

  it('follows writes that are acknowledged meanwhile', async () => {
    const { world, collection } = await doubted({ a: '2' });
    await world.write({ d: '4' });
    expect(world.mirrored(collection)).toMatchObject({ d: '4' });
    await world.settling.run();
    expect(world.mirrored(collection)).toEqual(world.stored());
  });

  it('has a warm-up under way read at its end what was in doubt', async () => {
    const world = new World({ settleMs: SETTLE_MS });
    for (const id of ['a', 'b', 'c']) world.chroma.records.set(id, '1');
    const collection = world.track();
    world.chroma.readGate.hold();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    world.registry.doubt(collection, named('update', 'a'));
    world.chroma.records.set('a', '2');
    await world.settling.run();
    expect([collection.state, collection.serving]).toEqual(['warming', 'warming']);
    await world.chroma.readGate.open();
    expect([collection.state, world.mirrored(collection)]).toEqual(['warm', world.stored()]);
  });

  it('does not serve a mirror that becomes warm while a write is in doubt', async () => {
    const world = new World({ settleMs: SETTLE_MS });
    world.chroma.records.set('a', '1');
    const collection = world.track();
    world.registry.doubt(collection, named('update', 'a'));
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect([collection.state, world.sync.view(targetOf(1))?.mirror]).toEqual(['warm', undefined]);
    world.chroma.records.set('a', '2');
    await world.settling.run();
    expect([collection.serving, world.mirrored(collection)]).toEqual(['warm', { a: '2' }]);
  });

  it('takes the mirror away where any record may have changed, or the collection as such did', async () => {
    const { world, collection } = await doubted({ a: '2' });
    world.registry.doubt(collection, { kind: 'unknown' });
    await world.settling.run();
    expect([collection.serving, collection.handle]).toEqual(['cold', undefined]);
    const other = await world.warm({}, targetOf(2));
    world.registry.doubt(other, undefined);
    world.chroma.info = { ...INFO, space: 'ip' };
    await world.settling.run();
    expect([other.serving, other.handle]).toEqual(['cold', undefined]);
  });

  it('keeps a mirror whose collection is the same after a call that might have changed it', async () => {
    const { world, collection } = await doubted({});
    const { handle } = collection;
    await world.settling.run();
    expect([collection.serving, collection.handle]).toEqual(['warm', handle]);
  });

  it('has nothing in doubt any more when the collection is gone', async () => {
    const { world, collection } = await doubted({ a: '2' });
    world.chroma.gone.add(targetOf(1).id);
    await world.settling.run();
    expect([collection.serving, collection.handle]).toEqual(['cold', undefined]);
  });

  it('takes the mirror away when it cannot follow', async () => {
    const { world, collection } = await doubted({ a: '2' });
    world.chroma.failing = 'read';
    await world.settling.run();
    expect([collection.serving, collection.handle]).toEqual(['cold', undefined]);
  });

  it('outlives the process', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tidegate-settling-'));
    const start = () => {
      const world = new World({ settleMs: SETTLE_MS, dataDir });
      world.journal.onModuleInit();
      return world;
    };
    try {
      await doubted({ a: '2' }, start());
      const next = start();
      const collection = next.track();
      expect(next.sync.report()).toMatchObject([{ state: 'settling', inDoubt: { records: null } }]);
      await next.settling.run();
      expect(collection.serving).toBe('cold');
      expect(start().track().serving).toBe('cold');
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
