import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlotSet } from './slot-set.js';

const sizes = fc.integer({ min: 0, max: 200 });
const slots = fc.uniqueArray(fc.nat(199));

function setOf(size: number, members: readonly number[]): SlotSet {
  const set = new SlotSet(size);
  for (const slot of members) if (slot < size) set.add(slot);
  return set;
}

const below = (size: number, keep: (slot: number) => boolean) =>
  Array.from({ length: size }, (_, slot) => slot).filter(keep);

describe('SlotSet', () => {
  it('is the set that its slots make', () => {
    fc.assert(
      fc.property(sizes, slots, slots, (size, a, b) => {
        const inA = (slot: number) => a.includes(slot);
        const inB = (slot: number) => b.includes(slot);
        expect(setOf(size, a).toArray()).toEqual(below(size, inA));
        expect(setOf(size, a).count()).toBe(below(size, inA).length);
        expect(setOf(size, a).invert().toArray()).toEqual(below(size, (slot) => !inA(slot)));
        expect(setOf(size, a).intersect(setOf(size, b)).toArray()).toEqual(
          below(size, (s) => inA(s) && inB(s)),
        );
        expect(setOf(size, a).unite(setOf(size, b)).toArray()).toEqual(below(size, (s) => inA(s) || inB(s)));
        for (let slot = 0; slot < size; slot++) expect(setOf(size, a).has(slot)).toBe(inA(slot));
      }),
    );
  });
});
