import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { selectRecords, type OrderedRecords, type RecordSelection } from './records-read.js';
import { SlotSet } from './slot-set.js';

interface Placed {
  readonly id: string;
  readonly slot: number;
  readonly position: number;
}

/** Records whose slots and positions have nothing to do with each other. */
function recordsOf(slots: readonly number[]): Placed[] {
  return slots.map((slot, index) => ({ id: `r${index}`, slot, position: index * 3 + 1 }));
}

class Source implements OrderedRecords<Placed> {
  looks = 0;

  constructor(readonly records: readonly Placed[]) {}

  inOrder = () => this.records;
  find = (id: string) => this.records.find((record) => record.id === id);
  at = (slot: number) => {
    this.looks++;
    return this.records.find((record) => record.slot === slot);
  };
}

function slotsOf(slots: readonly number[], size: number): SlotSet {
  const set = new SlotSet(size);
  for (const slot of slots) set.add(slot);
  return set;
}

const ALL: RecordSelection = { ids: undefined, matching: undefined, offset: 0, limit: undefined };
const idsOf = (records: readonly Placed[]) => records.map(({ id }) => id);

const situations = fc.integer({ min: 0, max: 80 }).chain((count) =>
  fc.record({
    slots: fc.shuffledSubarray(
      Array.from({ length: count }, (_, slot) => slot),
      { minLength: count },
    ),
    matching: fc.option(fc.subarray(Array.from({ length: count }, (_, slot) => slot))),
    ids: fc.option(fc.array(fc.integer({ min: -2, max: count + 2 }).map((number) => `r${number}`))),
    offset: fc.nat(count + 2),
    limit: fc.option(fc.nat(count + 2)),
  }),
);

describe('selectRecords', () => {
  it('selects as a plain filter, sort and slice do', () => {
    fc.assert(
      fc.property(situations, ({ slots, matching, ids, offset, limit }) => {
        const records = recordsOf(slots);
        const expected = records
          .filter(({ id }) => ids?.includes(id) ?? true)
          .filter(({ slot }) => matching?.includes(slot) ?? true)
          .slice(offset, limit === null ? undefined : offset + limit);
        const selection = {
          ids: ids ?? undefined,
          matching: matching ? slotsOf(matching, slots.length) : undefined,
          offset,
          limit: limit ?? undefined,
        };
        expect(selectRecords(new Source(records), selection)).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  const many = recordsOf(Array.from({ length: 10_000 }, (_, index) => (index * 7_919) % 10_000));

  it('walks in order where many match and few are wanted, and stops', () => {
    const matching = slotsOf(
      Array.from({ length: 5_000 }, (_, index) => index * 2),
      10_000,
    );
    let looked = 0;
    const get = (target: Placed[], key: string | symbol) => {
      looked++;
      return Reflect.get(target, key) as unknown;
    };
    const counted = new Source(new Proxy(many, { get }));
    const found = selectRecords(counted, { ...ALL, matching, offset: 2, limit: 3 });
    expect(found).toEqual(many.filter(({ slot }) => slot % 2 === 0).slice(2, 5));
    expect(looked).toBeLessThan(100);
  });

  it('collects and sorts where few match', () => {
    const source = new Source(many);
    const found = selectRecords(source, { ...ALL, matching: slotsOf([9_000, 10, 500], 10_000), limit: 2 });
    const expected = many.filter(({ slot }) => [9_000, 10, 500].includes(slot)).slice(0, 2);
    expect(idsOf(found)).toEqual(idsOf(expected));
    expect(source.looks).toBe(3);
  });
});
