import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Metrics } from '../telemetry/metrics.service.js';
import { named, RECORD_BYTES, targetOf, World } from './sync-world.fake.js';

const IDS = ['a', 'b'] as const;
type Id = (typeof IDS)[number];

type Action =
  | { readonly kind: 'upsert' | 'delete' | 'delete-by-filter' | 'unknown-upsert'; readonly id: Id }
  | { readonly kind: 'want-mirror' | 'drop' | 'revalidate' };

const metrics = new Metrics();

/** Bytes that mirrors may hold: any number, or less than all records take. */
const limits = fc.constantFrom(Number.MAX_SAFE_INTEGER, (IDS.length - 1) * RECORD_BYTES);

const actions = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('upsert' as const, 'delete' as const, 'delete-by-filter' as const),
        id: fc.constantFrom(...IDS),
      }),
    },
    { weight: 3, arbitrary: fc.constant<Action>({ kind: 'want-mirror' }) },
    fc.record({ kind: fc.constant('unknown-upsert' as const), id: fc.constantFrom(...IDS) }),
    fc.constant<Action>({ kind: 'drop' }),
    fc.constant<Action>({ kind: 'revalidate' }),
  ),
  { minLength: 1, maxLength: 14, size: 'max' },
);

/** Runs actions against the world; every change has a number, and values are the numbers that wrote them. */
class Story {
  /** What was begun; to be awaited. */
  readonly ends: Promise<void>[] = [];
  private changes = 0;
  private readonly acknowledged = new Map<Id, number>();
  private readonly deleted = new Map<Id, number>();

  constructor(readonly world: World) {}

  run(action: Action): void {
    const { world } = this;
    const collection = world.track();
    if (action.kind === 'want-mirror') world.warmUp.start(collection, targetOf(1));
    else if (action.kind === 'drop') world.registry.drop(collection);
    else if (action.kind === 'revalidate') this.ends.push(world.revalidation.run('all'));
    else if ('id' in action) this.ends.push(this.change(action.kind, action.id));
  }

  /** A warm mirror shows every acknowledged write, or what came after it. */
  check(): void {
    const collection = this.world.track();
    if (collection.state !== 'warm') return;
    const mirrored = this.world.mirrored(collection) ?? {};
    for (const [id, number] of this.acknowledged) {
      expect(Number(mirrored[id] ?? this.deleted.get(id) ?? 0)).toBeGreaterThanOrEqual(number);
    }
  }

  private async change(kind: 'upsert' | 'delete' | 'delete-by-filter' | 'unknown-upsert', id: Id) {
    const { world } = this;
    let number = 0;
    const change = () => {
      number = ++this.changes;
      if (kind === 'upsert' || kind === 'unknown-upsert') world.chroma.records.set(id, String(number));
      else {
        world.chroma.records.delete(id);
        this.deleted.set(id, number);
      }
    };
    const scopes = {
      upsert: named(id),
      delete: named(id),
      'delete-by-filter': { kind: 'removals' },
      'unknown-upsert': { kind: 'unknown' },
    } as const;
    await world.send(change, scopes[kind]);
    this.acknowledged.set(id, Math.max(number, this.acknowledged.get(id) ?? 0));
    this.check();
  }
}

describe('Sync, whatever the order in which calls end', () => {
  it('shows acknowledged writes in warm mirrors, which equal ChromaDB in the end', async () => {
    const property = fc.asyncProperty(fc.scheduler(), actions, limits, async (scheduler, list, limit) => {
      const world = new World({ pageRecords: 1, settleMs: 0 }, metrics);
      const { chroma, mirrors } = world;
      mirrors.limitBytes = limit;
      for (const gate of [
        chroma.readGate,
        chroma.listGate,
        chroma.sendGate,
        mirrors.applyGate,
        mirrors.createGate,
      ]) {
        gate.wait = () => scheduler.schedule(Promise.resolve());
      }
      for (const id of IDS) chroma.records.set(id, '0');
      const story = new Story(world);
      scheduler.scheduleSequence(
        list.map((action) => () => {
          story.run(action);
          return Promise.resolve();
        }),
      );
      await scheduler.waitIdle();
      await Promise.all(story.ends);
      story.check();
      expect(mirrors.heldBytes()).toBeLessThanOrEqual(limit);
      const collection = world.track();
      expect(['cold', 'refused', 'warm']).toContain(collection.state);
      if (collection.state === 'warm') expect(world.mirrored(collection)).toEqual(world.stored());
    });
    await fc.assert(property, { numRuns: 1_000 });
  });
});
