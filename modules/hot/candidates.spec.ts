import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Where } from '../vector/where.js';
import { candidatesFor, type FilterSource } from './candidates.js';
import { SlotSet } from './slot-set.js';

const SIZE = 70;

/**
 * Slots whose number has the operand's bit, or the text's first letter's: the latter only a check can tell.
 */
const SOURCE: FilterSource = {
  size: SIZE,
  compare: (_key, _operator, { value }) => slotsWith((slot) => ((slot >> Number(value)) & 1) === 1),
  arrayHas: () => undefined,
  documentMatches: () => undefined,
  documentHas: (text) => ({
    slots: slotsWith((slot) => slot % 3 !== 0),
    check: ({ slot }) => hasText(slot, text),
  }),
};

function slotsWith(has: (slot: number) => boolean): SlotSet {
  const slots = new SlotSet(SIZE);
  for (let slot = 0; slot < SIZE; slot++) if (has(slot)) slots.add(slot);
  return slots;
}

const hasText = (slot: number, text: string) => slot % 3 !== 0 && slot % (text.length + 2) === 0;
const hasBit = (slot: number, bit: number) => ((slot >> bit) & 1) === 1;

function matches(where: Where, slot: number): boolean {
  switch (where.kind) {
    case 'and':
      return where.children.every((child) => matches(child, slot));
    case 'or':
      return where.children.some((child) => matches(child, slot));
    case 'document':
      return hasText(slot, where.text) !== where.negated;
    case 'in':
      return where.operands.some(({ value }) => hasBit(slot, Number(value))) !== where.negated;
    case 'comparison':
      return hasBit(slot, Number(where.operand.value));
    case 'array':
    case 'pattern':
      throw new Error('not generated here');
  }
}

const operand = fc.record({ type: fc.constant('int' as const), value: fc.nat({ max: 6 }) });

const { where } = fc.letrec<{ where: Where }>((tie) => ({
  where: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant('comparison' as const),
      key: fc.constant('k'),
      operator: fc.constant('$eq' as const),
      operand,
    }),
    fc.record({
      kind: fc.constant('in' as const),
      key: fc.constant('k'),
      negated: fc.boolean(),
      operands: fc.array(operand, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('document' as const),
      negated: fc.boolean(),
      text: fc.string({ maxLength: 5 }),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      children: fc.array(tie('where'), { maxLength: 4 }),
    }),
  ),
}));

describe('candidatesFor', () => {
  it('has every slot that matches among the candidates, and the check tells them from the rest', () => {
    fc.assert(
      fc.property(where, (filter) => {
        const candidates = candidatesFor(filter, SOURCE);
        const found = candidates?.slots
          .toArray()
          .filter((slot) => candidates.check?.({ slot, document: undefined }) ?? true);
        const expected = Array.from({ length: SIZE }, (_, slot) => slot);
        expect(found).toEqual(expected.filter((slot) => matches(filter, slot)));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['and', 'or'] as const)('gives none when a part of an "%s" cannot be evaluated', (kind) => {
    const array: Where = {
      kind: 'array',
      key: 'k',
      negated: false,
      operand: { type: 'int', value: 1 },
    };
    expect(candidatesFor({ kind, children: [array] }, SOURCE)).toBeUndefined();
  });
});
