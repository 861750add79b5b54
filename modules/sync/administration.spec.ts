import { describe, expect, it } from '@jest/globals';
import { INFO } from './chroma-collection.fake.js';
import { CALL, idOf, targetOf, World } from './sync-world.fake.js';
import type { AdminScope } from './write-scope.js';

describe('Administration', () => {
  it('drops a collection that is gone', async () => {
    const world = new World();
    const collection = await world.warm();
    const before = collection.version;
    world.chroma.changes.set(CALL, () => (world.chroma.info = undefined));
    expect((await world.administration.administer('all', CALL)).status).toBe(200);
    expect([collection.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
    expect(collection.version).toBeGreaterThan(before);
    expect(await world.counter('writes_total{kind="administration",outcome="ok"}')).toBe(1);
  });

  it.each([
    { ...INFO, efSearch: 200 },
    { ...INFO, space: 'ip' as const },
    { ...INFO, dimension: 4 },
    { ...INFO, dimension: undefined },
  ])('drops a collection that became %j', async (info) => {
    const world = new World();
    const collection = await world.warm();
    world.chroma.info = info;
    await world.administration.administer('all', CALL);
    expect(collection.state).toBe('cold');
  });

  it('drops a collection of which ChromaDB cannot tell whether it changed', async () => {
    const world = new World();
    const collection = await world.warm();
    world.chroma.failing = 'describe';
    await world.administration.administer('all', CALL);
    expect(collection.state).toBe('cold');
  });

  it('keeps the mirror and the cached answers of a collection that is the same', async () => {
    const world = new World();
    const collection = await world.warm();
    const { version, handle } = collection;
    await world.administration.administer('all', CALL);
    expect([collection.state, collection.version, collection.handle]).toEqual(['warm', version, handle]);
  });

  it('ends cached answers of a collection without a mirror', async () => {
    const world = new World();
    const collection = world.track();
    const before = collection.version;
    await world.administration.administer('all', CALL);
    expect(collection.version).toBeGreaterThan(before);
  });

  it.each<[string, AdminScope, readonly number[], readonly string[]]>([
    ['all', 'all', [1, 2, 3], ['cold', 'cold', 'cold']],
    ['one id', idOf(2), [2], ['warm', 'cold', 'warm']],
    ['some of all', 'all', [1, 2], ['cold', 'cold', 'warm']],
    ['an id that is not tracked', idOf(9), [], ['warm', 'warm', 'warm']],
  ])('drops what is gone of its scope: %s', async (_, scope, gone, states) => {
    const world = new World();
    const targets = [targetOf(1), targetOf(2), targetOf(3, 'other')];
    const collections = [];
    for (const target of targets) collections.push(await world.warm({ a: '1' }, target));
    for (const number of gone) world.chroma.gone.add(idOf(number));
    await world.administration.administer(scope, CALL);
    expect(collections.map(({ state }) => state)).toEqual(states);
  });

  it('drops a collection that is gone though it was reached under another database of the path', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' }, targetOf(1, 'other'));
    const before = collection.version;
    world.chroma.gone.add(idOf(1));
    await world.administration.administer('all', CALL);
    expect(collection.state).toBe('cold');
    expect(collection.version).toBeGreaterThan(before);
  });

  it.each([500, 503, 'store-failed', 'store-timeout'] as const)(
    'puts its scope in doubt on %p',
    async (outcome) => {
      const world = new World();
      const [inside, outside] = [await world.warm(), await world.warm({ a: '1' }, targetOf(2))];
      const before = inside.version;
      world.chroma.outcome = outcome;
      await world.administration.administer(idOf(1), CALL).catch(() => undefined);
      expect([inside.serving, outside.serving]).toEqual(['settling', 'warm']);
      expect(inside.version).toBeGreaterThan(before);
      expect(await world.counter('in_doubt_total')).toBe(1);
    },
  );

  it.each([400, 404, 409, 501, 'store-unreachable'] as const)('changes nothing on %p', async (outcome) => {
    const world = new World();
    const collection = await world.warm();
    const { version } = collection;
    world.chroma.outcome = outcome;
    world.chroma.info = undefined;
    await world.administration.administer('all', CALL).catch(() => undefined);
    expect([collection.state, collection.version]).toEqual(['warm', version]);
  });

  it('hands the error of ChromaDB on', async () => {
    const world = new World();
    world.chroma.outcome = 'store-timeout';
    await expect(world.administration.administer('all', CALL)).rejects.toMatchObject({
      code: 'store-timeout',
    });
  });
});

describe('Administration, of calls of unknown effect', () => {
  it('keeps nothing hot, though every collection is described as before', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    const before = collection.version;
    await world.administration.overturn(CALL);
    expect(collection.state).toBe('cold');
    expect(collection.version).toBeGreaterThan(before);
  });

  it('lifts no doubt', async () => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.registry.doubt(collection, undefined);
    await world.administration.overturn(CALL);
    expect([collection.state, collection.serving]).toEqual(['cold', 'settling']);
  });

  it.each([404, 405, 501])('changes nothing when ChromaDB refuses it with %i', async (status) => {
    const world = new World();
    const collection = await world.warm({ a: '1' });
    world.chroma.outcome = status;
    await world.administration.overturn(CALL);
    expect(collection.state).toBe('warm');
  });
});
