import { describe, expect, it } from '@jest/globals';
import { settled } from './gate.fake.js';
import { targetOf, World } from './sync-world.fake.js';

describe('Revalidation', () => {
  it('calls off a warm-up that knows no description yet', async () => {
    const world = new World();
    world.chroma.records.set('a', '1');
    world.chroma.listGate.hold();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    await world.revalidation.run('all');
    expect(collection.state).toBe('cold');
    await world.chroma.listGate.open();
    expect([collection.state, world.mirrors.contents.size]).toEqual(['cold', 0]);
  });

  it('keeps what is in doubt so, and ends its cached answers', async () => {
    const world = new World();
    const collection = world.track();
    world.registry.doubt(collection, undefined);
    const before = collection.version;
    await world.revalidation.run('all');
    expect(collection.serving).toBe('settling');
    expect(collection.version).toBeGreaterThan(before);
  });

  it('gives a refused collection another chance', async () => {
    const world = new World();
    const collection = world.track();
    world.warmUp.start(collection, targetOf(1));
    await settled();
    expect(collection.state).toBe('refused');
    await world.revalidation.run('all');
    expect([collection.state, collection.refusal]).toEqual(['cold', undefined]);
  });
});
