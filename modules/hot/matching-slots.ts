import type { Operand, Where } from '../vector/where.js';
import type { Comparison } from '../vector/where.js';
import { SlotSet } from './slot-set.js';

/** What a filter is evaluated on. Each finder gives undefined when it cannot find as ChromaDB does. */
export interface FilterSource {
  /** Slots there are, used or not. */
  readonly size: number;
  compare(key: string, operator: Comparison, operand: Operand): SlotSet | undefined;
  arrayHas(key: string, operand: Operand): SlotSet | undefined;
  documentHas(text: string): SlotSet | undefined;
  documentMatches(pattern: string): SlotSet | undefined;
}

/**
 * The slots that match a filter; negated conditions hold for slots without the key or the document too, and
 * so for unused ones.
 * @returns undefined when a part of it cannot be evaluated here
 */
export function matchingSlots(where: Where, source: FilterSource): SlotSet | undefined {
  switch (where.kind) {
    case 'and':
      return combined(where.children, source, new SlotSet(source.size).invert(), (all, each) =>
        all.intersect(each),
      );
    case 'or':
      return combined(where.children, source, new SlotSet(source.size), (all, each) => all.unite(each));
    case 'comparison':
      return source.compare(where.key, where.operator, where.operand);
    case 'in':
      return negatedIf(where.negated, anyOf(where.key, where.operands, source));
    case 'array':
      return negatedIf(where.negated, source.arrayHas(where.key, where.operand));
    case 'document':
      return negatedIf(where.negated, source.documentHas(where.text));
    case 'pattern':
      return negatedIf(where.negated, source.documentMatches(where.pattern));
  }
}

function combined(
  children: readonly Where[],
  source: FilterSource,
  initial: SlotSet,
  combine: (all: SlotSet, each: SlotSet) => SlotSet,
): SlotSet | undefined {
  let all = initial;
  for (const child of children) {
    const slots = matchingSlots(child, source);
    if (slots === undefined) return undefined;
    all = combine(all, slots);
  }
  return all;
}

function anyOf(key: string, operands: readonly Operand[], source: FilterSource): SlotSet | undefined {
  const any = new SlotSet(source.size);
  for (const operand of operands) {
    const slots = source.compare(key, '$eq', operand);
    if (slots === undefined) return undefined;
    any.unite(slots);
  }
  return any;
}

function negatedIf(negated: boolean, slots: SlotSet | undefined): SlotSet | undefined {
  return negated ? slots?.invert() : slots;
}
