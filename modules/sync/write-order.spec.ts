import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { settled } from './gate.fake.js';
import { WriteOrder } from './write-order.js';

const IDS = ['a', 'b', 'c', 'd'] as const;

interface Write {
  /** Undefined for a write that runs alone. */
  readonly ids: readonly string[] | undefined;
  readonly fails: boolean;
}

const write: fc.Arbitrary<Write> = fc.record({
  ids: fc.option(fc.array(fc.constantFrom(...IDS), { maxLength: 3 }), { freq: 4, nil: undefined }),
  fails: fc.boolean(),
});

/** Whether the two may not run side by side. */
function exclude(one: Write, other: Write): boolean {
  if (one.ids === undefined || other.ids === undefined) return true;
  return one.ids.some((id) => other.ids?.includes(id));
}

function run(order: WriteOrder, ids: Write['ids'], work: () => Promise<void>): Promise<void> {
  return ids === undefined ? order.runAlone(work) : order.run(ids, work);
}

describe('WriteOrder', () => {
  it('runs what excludes each other one by one, in the order of arrival, whatever ends when', async () => {
    const property = fc.asyncProperty(
      fc.scheduler(),
      fc.array(write, { minLength: 1, maxLength: 12 }),
      async (scheduler, writes) => {
        const order = new WriteOrder();
        const ended = new Set<number>();
        const all = writes.map((each, number) =>
          run(order, each.ids, async () => {
            const before = writes.slice(0, number);
            const awaited = before.flatMap((other, index) => (exclude(each, other) ? [index] : []));
            expect(awaited.filter((index) => !ended.has(index))).toEqual([]);
            await scheduler.schedule(Promise.resolve());
            ended.add(number);
            if (each.fails) throw new Error('of the spec');
          }),
        );
        await scheduler.waitFor(Promise.allSettled(all));
        expect(ended.size).toBe(writes.length);
      },
    );
    await fc.assert(property);
  });

  it('runs writes of other records side by side, also past one that waits', async () => {
    const order = new WriteOrder();
    const begun: string[] = [];
    const never = (name: string) => () => {
      begun.push(name);
      return new Promise<void>(() => undefined);
    };
    void order.run(['a', 'b'], never('first'));
    void order.run(['b', 'c', 'c'], never('waits'));
    void order.run(['d'], never('other'));
    void order.run(['c'], never('behind the one that waits'));
    await settled();
    expect(begun).toEqual(['first', 'other']);
  });
});
