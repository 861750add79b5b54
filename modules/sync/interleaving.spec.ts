import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Metrics } from '../telemetry/metrics.service.js';
import { eventually } from './gate.fake.js';
import { RECORD_BYTES } from './mirrors.fake.js';
import { named, targetOf, World } from './sync-world.fake.js';
import type { WriteScope } from './write-scope.js';

const IDS = ['a', 'b', 'c', 'd'] as const;
type Id = (typeof IDS)[number];

/** A `narrowed-delete` names ids and a filter that lets all but the first of them live. */
const NAMED_WRITES = ['upsert', 'add', 'update', 'delete', 'narrowed-delete'] as const;
const UNNAMED_WRITES = ['delete-by-filter', 'unknown-upsert'] as const;
type WriteKind = (typeof NAMED_WRITES)[number] | (typeof UNNAMED_WRITES)[number];

type Action =
  | { readonly kind: WriteKind; readonly ids: readonly Id[] }
  | { readonly kind: 'want-mirror' | 'drop' | 'revalidate' | 'outage' };

const metrics = new Metrics();

const ids = fc.shuffledSubarray([...IDS], { minLength: 1, maxLength: 3 });
/** Bytes that mirrors may hold: any number, or less than all records take. */
const limits = fc.constantFrom(Number.MAX_SAFE_INTEGER, (IDS.length - 1) * RECORD_BYTES);

const actions = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom(...NAMED_WRITES), ids }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom(...UNNAMED_WRITES), ids }) },
    { weight: 3, arbitrary: fc.constant<Action>({ kind: 'want-mirror' }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Action>({ kind: 'drop' }, { kind: 'revalidate' }, { kind: 'outage' }),
    },
  ),
  { minLength: 1, maxLength: 14, size: 'max' },
);

function scopeOf(kind: WriteKind, touched: readonly Id[]): WriteScope {
  if (kind === 'delete-by-filter') return { kind: 'removals' };
  if (kind === 'unknown-upsert') return { kind: 'unknown' };
  if (kind === 'update') return named('update', ...touched);
  return named(kind === 'upsert' || kind === 'add' ? 'insert' : 'remove', ...touched);
}

const isDelete = (kind: WriteKind) => kind.includes('delete');

/** Runs actions against the world; every change has a number, and values are the numbers that wrote them. */
class Story {
  /** What was begun; to be awaited. */
  readonly ends: Promise<void>[] = [];
  private changes = 0;
  /** Writes that were sent and not acknowledged. */
  private readonly inFlight = new Set<{ readonly kind: WriteKind; readonly ids: readonly Id[] }>();

  constructor(readonly world: World) {}

  run(action: Action): void {
    const { world } = this;
    const collection = world.track();
    if (action.kind === 'want-mirror') world.warmUp.start(collection, targetOf(1));
    else if (action.kind === 'drop') world.registry.drop(collection);
    else if (action.kind === 'outage') world.chroma.outages = 1;
    else if (action.kind === 'revalidate') this.ends.push(world.revalidation.run('all'));
    else if ('ids' in action) this.ends.push(this.write(action));
  }

  /**
   * A warm mirror has every record on which no write is under way as ChromaDB has it, and, unless its order
   * is open, has all records in ChromaDB's order but those that are being deleted.
   */
  check(): void {
    const { world } = this;
    const collection = world.track();
    if (collection.state !== 'warm') return;
    const quiet = ([id]: [string, string]) => !this.isWritten(id, () => true);
    const mirrored = Object.entries(world.mirrored(collection) ?? {}).filter(quiet);
    const stored = Object.entries(world.stored()).filter(quiet);
    expect(Object.fromEntries(mirrored)).toEqual(Object.fromEntries(stored));
    const order = world.mirroredOrder(collection);
    if (order === undefined) return;
    const inBoth = world.storedOrder().filter((id) => order.includes(id) && !this.isWritten(id, isDelete));
    expect(order.filter((id) => inBoth.includes(id))).toEqual(inBoth);
  }

  private isWritten(id: string, how: (kind: WriteKind) => boolean): boolean {
    return [...this.inFlight].some((write) => how(write.kind) && write.ids.some((each) => each === id));
  }

  private async write(write: { readonly kind: WriteKind; readonly ids: readonly Id[] }): Promise<void> {
    this.inFlight.add(write);
    const value = String(++this.changes);
    const inserts = write.kind === 'upsert' || write.kind === 'add';
    await this.world.send(
      () => {
        this.change(write.kind, write.ids, value);
      },
      scopeOf(write.kind, write.ids),
      targetOf(1),
      inserts ? Object.fromEntries(write.ids.map((id) => [id, value])) : undefined,
    );
    this.inFlight.delete(write);
    this.check();
  }

  private change(kind: WriteKind, touched: readonly Id[], value: string): void {
    const { records } = this.world.chroma;
    for (const id of kind === 'narrowed-delete' ? touched.slice(0, 1) : touched) {
      if (isDelete(kind)) records.delete(id);
      else if (kind === 'upsert' || kind === 'unknown-upsert' || (kind === 'add') !== records.has(id))
        records.set(id, value);
    }
  }
}

describe('Sync, whatever the order in which calls end', () => {
  it('shows acknowledged writes in warm mirrors, which equal ChromaDB in the end, in its order', async () => {
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 3 }),
      actions,
      limits,
      fc.record({ foresees: fc.infiniteStream(fc.boolean()), readsInOrder: fc.boolean() }),
      async (scheduler, pageRecords, list, limit, { foresees, readsInOrder }) => {
        const world = new World({ pageRecords, settleMs: 0, warmPatienceMs: 2 }, metrics);
        const story = new Story(world);
        const { chroma, mirrors } = world;
        mirrors.limitBytes = limit;
        mirrors.foreseeing = () => foresees.next().value === true;
        mirrors.readInOrder = readsInOrder;
        const { readGate, listGate, sendGate } = chroma;
        for (const gate of [readGate, listGate, sendGate, mirrors.applyGate, mirrors.createGate]) {
          gate.wait = async () => {
            await scheduler.schedule(Promise.resolve());
            story.check();
          };
        }
        for (const id of IDS.slice(0, 2)) chroma.records.set(id, '0');
        scheduler.scheduleSequence(
          list.map((action) => () => {
            story.run(action);
            return Promise.resolve();
          }),
        );
        await scheduler.waitIdle();
        // Warm-ups that wait for ChromaDB go on when nothing else does.
        await eventually(() => {
          void scheduler.waitIdle();
          return world.warmUp.running === 0;
        });
        await Promise.all(story.ends);
        story.check();
        expect(mirrors.heldBytes()).toBeLessThanOrEqual(limit);
        const collection = world.track();
        expect(['cold', 'refused', 'warm']).toContain(collection.state);
        if (collection.state !== 'warm') return;
        expect(world.mirrored(collection)).toEqual(world.stored());
        expect(world.mirroredOrder(collection)).toEqual(world.storedOrder());
      },
    );
    await fc.assert(property, { numRuns: 2_000 });
  });
});
