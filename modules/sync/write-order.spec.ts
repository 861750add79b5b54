import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WriteOrder } from './write-order.js';

describe('WriteOrder', () => {
  it('runs what is alone alone and in the order of arrival, whatever ends when', async () => {
    const write = fc.record({ alone: fc.boolean(), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(write, { minLength: 1, maxLength: 12 }),
        async (scheduler, writes) => {
          const order = new WriteOrder();
          const running = new Set<number>();
          const begun: number[] = [];
          const all = writes.map(({ alone, fails }, number) =>
            order.run(alone, async () => {
              begun.push(number);
              running.add(number);
              const others = [...running].filter((each) => each !== number);
              expect(alone || others.some((each) => writes[each]?.alone) ? others : []).toEqual([]);
              await scheduler.schedule(Promise.resolve());
              running.delete(number);
              if (fails) throw new Error('of the spec');
            }),
          );
          await scheduler.waitFor(Promise.allSettled(all));
          for (const [number, { alone }] of writes.entries()) {
            if (alone)
              expect(begun.slice(0, begun.indexOf(number)).every((each) => each < number)).toBe(true);
          }
          expect(begun).toHaveLength(writes.length);
        },
      ),
    );
  });
});
