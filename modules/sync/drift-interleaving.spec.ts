import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Metrics } from '../telemetry/metrics.service.js';
import { isFilled } from './mirror-state.js';
import { named, targetOf, World } from './sync-world.fake.js';
import type { WriteScope } from './write-scope.js';

const IDS = ['a', 'b', 'c', 'd'] as const;

const WRITES = ['upsert', 'delete', 'narrowed-delete', 'delete-by-filter', 'unknown'] as const;

interface Write {
  readonly kind: (typeof WRITES)[number];
  readonly ids: readonly string[];
}
type Action = Write | { readonly kind: 'pass' | 'check' | 'want-mirror' | 'drop' | 'past-tidegate' };

const metrics = new Metrics();
/** Checks that took the counts to differ. */
let differing = 0;
metrics.driftCheck = (outcome) => {
  if (outcome === 'differs') differing++;
};
const RUNS = 1_000;

const ids = fc.shuffledSubarray([...IDS], { minLength: 1, maxLength: 3 });
const writes = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('upsert' as const, 'delete' as const) },
    fc.constantFrom(...WRITES),
  ),
  ids,
});
const pastTidegate = fc.record({
  kind: fc.constant('past-tidegate' as const),
  ids,
  removes: fc.boolean(),
});
const steps = (...kinds: ('pass' | 'check' | 'want-mirror' | 'drop')[]) =>
  fc.constantFrom(...kinds.map((kind) => ({ kind })));

const common = [
  { weight: 6, arbitrary: writes },
  { weight: 3, arbitrary: steps('pass', 'pass', 'check') },
  { weight: 1, arbitrary: steps('want-mirror', 'want-mirror', 'want-mirror', 'drop') },
] as const;

const SIZES = { minLength: 1, maxLength: 14, size: 'max' } as const;

function scopeOf({ kind, ids: touched }: Write): WriteScope {
  if (kind === 'delete-by-filter') return { kind: 'removals' };
  if (kind === 'unknown') return { kind: 'unknown' };
  return named(kind === 'upsert' ? 'insert' : 'remove', ...touched);
}

/** Runs actions; every change has a number, and values are the numbers that wrote them. */
class Story {
  /** What was begun; to be awaited. */
  readonly ends: Promise<unknown>[] = [];
  private changes = 0;

  constructor(readonly world: World) {}

  run(action: Action | { readonly kind: 'past-tidegate'; ids: readonly string[]; removes: boolean }): void {
    const { world } = this;
    const collection = world.track();
    if (action.kind === 'pass') this.ends.push(world.reconcile.now(collection));
    else if (action.kind === 'check') this.ends.push(world.driftCheck.check(collection));
    else if (action.kind === 'want-mirror') world.warmUp.start(collection, targetOf(1));
    else if (action.kind === 'drop') world.registry.drop(collection);
    else if ('removes' in action) this.change(action.ids, action.removes);
    else if ('ids' in action) this.ends.push(this.write(action));
  }

  private write(write: Write) {
    // A delete that names ids and a filter lets all but the first of them live.
    const touched = write.kind === 'narrowed-delete' ? write.ids.slice(0, 1) : write.ids;
    const removes = write.kind.includes('delete');
    return this.world.send(() => {
      this.change(touched, removes);
    }, scopeOf(write));
  }

  private change(touched: readonly string[], removes: boolean): void {
    const value = String(++this.changes);
    for (const id of touched) {
      if (removes) this.world.chroma.records.delete(id);
      else this.world.chroma.records.set(id, value);
    }
  }
}

/** A warm mirror, and from then on the scheduler decides in which order all calls end. */
async function worldOf(
  scheduler: fc.Scheduler,
  pageRecords: number,
  driftMaxRecords: number,
): Promise<World> {
  const world = new World({ pageRecords, driftMaxRecords, settleMs: 0 }, metrics);
  const { chroma, mirrors } = world;
  await world.warm({ a: '0', b: '0' });
  for (const gate of [
    ...[chroma.readGate, chroma.listGate, chroma.sendGate, chroma.countGate],
    ...[mirrors.applyGate, mirrors.createGate, mirrors.compareGate],
  ]) {
    gate.wait = () => scheduler.schedule(Promise.resolve());
  }
  return world;
}

async function play(scheduler: fc.Scheduler, world: World, list: readonly Parameters<Story['run']>[0][]) {
  const story = new Story(world);
  scheduler.scheduleSequence(
    list.map((action) => () => {
      story.run(action);
      return Promise.resolve();
    }),
  );
  await scheduler.waitIdle();
  await Promise.all(story.ends);
}

describe('comparing, whatever the order in which calls end', () => {
  it('finds no drift where all writes go through Tidegate', async () => {
    let passes = 0;
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.oneof(...common), SIZES),
      async (scheduler, pageRecords, list) => {
        const world = await worldOf(scheduler, pageRecords, 0);
        differing = 0;
        await play(scheduler, world, list);
        const { reconciliation, state } = world.track();
        const { found, lastPassAt } = reconciliation.report();
        expect(Object.values(found).filter((count) => count > 0)).toEqual([]);
        expect(differing).toBe(0);
        expect(state).not.toBe('drifted');
        if (lastPassAt !== undefined) passes++;
      },
    );
    await fc.assert(property, { numRuns: RUNS });
    expect(passes).toBeGreaterThan(RUNS / 10);
  });

  it('leaves mirrors equal that were compared since others wrote last', async () => {
    let repaired = 0;
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.oneof(...common, { weight: 4, arbitrary: pastTidegate }), SIZES),
      async (scheduler, pageRecords, driftMaxRecords, list) => {
        const world = await worldOf(scheduler, pageRecords, driftMaxRecords);
        await play(scheduler, world, list);
        const collection = world.track();
        const pass = world.reconcile.now(collection);
        await scheduler.waitFor(pass);
        if (!isFilled(collection.state)) return;
        expect(world.mirrored(collection)).toEqual(world.stored());
        expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
        repaired += collection.reconciliation.report().repaired;
        // Another one finds nothing, and what was out of service is back.
        await scheduler.waitFor(world.reconcile.now(collection));
        expect(collection.state).toBe('warm');
      },
    );
    await fc.assert(property, { numRuns: RUNS });
    expect(repaired).toBeGreaterThan(RUNS / 10);
  });
});
