import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Candidates } from './candidates.js';
import { finish } from './finish.js';
import { selectRecords, type OrderedRecords, type RecordSelection } from './records-read.js';
import { SlotSet } from './slot-set.js';

interface Placed {
  readonly id: string;
  readonly slot: number;
  readonly position: number;
  readonly document: undefined;
}

/** Records whose slots and positions have nothing to do with each other. */
function recordsOf(slots: readonly number[]): Placed[] {
  return slots.map((slot, index) => ({ id: `r${index}`, slot, position: index, document: undefined }));
}

class Source implements OrderedRecords<Placed> {
  looks = 0;

  constructor(readonly byPosition: readonly (Placed | undefined)[]) {}

  find = (id: string) => this.byPosition.find((record) => record?.id === id);
  in = (slots: SlotSet) => {
    this.looks += slots.count();
    return slots.toArray().flatMap((slot) => this.byPosition.find((record) => record?.slot === slot) ?? []);
  };
}

/** Either for certain, or as a check among all slots. */
function candidatesOf(matching: readonly number[], size: number, checked: boolean): Candidates {
  const slots = slotsOf(matching, size);
  return checked
    ? { slots: new SlotSet(size).invert(), check: ({ slot }) => slots.has(slot) }
    : { slots, check: undefined };
}

function slotsOf(slots: readonly number[], size: number): SlotSet {
  const set = new SlotSet(size);
  for (const slot of slots) set.add(slot);
  return set;
}

const ALL: RecordSelection = { ids: undefined, candidates: undefined, offset: 0, limit: undefined };
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
    checked: fc.boolean(),
    gaps: fc.array(fc.nat(count)),
  }),
);

describe('selectRecords', () => {
  it('selects as a plain filter, sort and slice do', () => {
    fc.assert(
      fc.property(situations, ({ slots, matching, ids, offset, limit, checked, gaps }) => {
        const records = recordsOf(slots).map((record, index) => (gaps.includes(index) ? undefined : record));
        const expected = records
          .filter((record) => record !== undefined)
          .filter(({ id }) => ids?.includes(id) ?? true)
          .filter(({ slot }) => matching?.includes(slot) ?? true)
          .slice(offset, limit === null ? undefined : offset + limit);
        const selection = {
          ids: ids ?? undefined,
          candidates: matching ? candidatesOf(matching, slots.length, checked) : undefined,
          offset,
          limit: limit ?? undefined,
        };
        expect(finish(selectRecords(new Source(records), selection))).toEqual(expected);
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
    const check = () => ++looked > 0;
    const candidates = { slots: matching, check };
    const found = finish(selectRecords(new Source(many), { ...ALL, candidates, offset: 2, limit: 3 }));
    expect(found).toEqual(many.filter(({ slot }) => slot % 2 === 0).slice(2, 5));
    expect(looked).toBe(5);
  });

  it('collects and sorts where few match', () => {
    const source = new Source(many);
    const candidates = { slots: slotsOf([9_000, 10, 500], 10_000), check: undefined };
    const found = finish(selectRecords(source, { ...ALL, candidates, limit: 2 }));
    const expected = many.filter(({ slot }) => [9_000, 10, 500].includes(slot)).slice(0, 2);
    expect(idsOf(found)).toEqual(idsOf(expected));
    expect(source.looks).toBe(3);
  });
});
