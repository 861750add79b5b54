import { describe, expect, it } from '@jest/globals';
import { CALL, idOf, INFO, targetOf, World } from './sync-world.fake.js';
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

  it.each<[string, AdminScope, readonly string[]]>([
    ['all', 'all', ['cold', 'cold', 'cold']],
    ['one id', idOf(2), ['warm', 'cold', 'warm']],
    ['one database', { tenant: 't', database: 'd' }, ['cold', 'cold', 'warm']],
    ['another tenant', { tenant: 'u', database: 'd' }, ['warm', 'warm', 'warm']],
  ])('looks at the collections of its scope: %s', async (_, scope, states) => {
    const world = new World();
    const collections = [
      await world.warm({ a: '1' }, targetOf(1)),
      await world.warm({ a: '1' }, targetOf(2)),
      await world.warm({ a: '1' }, targetOf(3, 'other')),
    ];
    world.chroma.info = undefined;
    await world.administration.administer(scope, CALL);
    expect(collections.map(({ state }) => state)).toEqual(states);
  });

  it.each([500, 503, 'store-failed', 'store-timeout'] as const)(
    'puts its scope in doubt on %p',
    async (outcome) => {
      const world = new World();
      const [inside, outside] = [await world.warm(), await world.warm({ a: '1' }, targetOf(2, 'other'))];
      const before = inside.version;
      world.chroma.outcome = outcome;
      await world.administration.administer({ tenant: 't', database: 'd' }, CALL).catch(() => undefined);
      expect([inside.state, outside.state]).toEqual(['settling', 'warm']);
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
