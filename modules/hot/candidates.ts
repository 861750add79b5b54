import type { Comparison, Operand, Where } from '../vector/where.js';
import type { Placed } from './byte-arena.js';
import { SlotSet } from './slot-set.js';

/** The part of a record that a check looks at. */
export interface Checkable {
  readonly slot: number;
  readonly document: Placed | undefined;
}

/** A check cannot tell within its bounds: ChromaDB must be asked. */
export class CheckGivenUp extends Error {}

/** Records that may match a filter: all that do are among them. */
export interface Candidates {
  readonly slots: SlotSet;
  /**
   * Tells of a candidate whether it matches; undefined when all of them do. Costs more than looking at
   * slots. Throws CheckGivenUp.
   */
  readonly check: ((record: Checkable) => boolean) | undefined;
}

/** What a filter is evaluated on. Each finder gives undefined when it cannot find as ChromaDB does. */
export interface FilterSource {
  /** Slots there are, used or not. */
  readonly size: number;
  compare(key: string, operator: Comparison, operand: Operand): SlotSet | undefined;
  arrayHas(key: string, operand: Operand): SlotSet | undefined;
  documentHas(text: string): Candidates | undefined;
  documentMatches(pattern: string): Candidates | undefined;
}

/**
 * The candidates for a filter; negated conditions hold for slots without the key or the document too, and so
 * for unused ones.
 * @returns undefined when a part of it cannot be evaluated here
 */
export function candidatesFor(where: Where, source: FilterSource): Candidates | undefined {
  switch (where.kind) {
    case 'and':
      return every(where.children, source);
    case 'or':
      return some(where.children, source);
    case 'comparison':
      return certain(source.compare(where.key, where.operator, where.operand));
    case 'in':
      return negatedIf(where.negated, anyOf(where.key, where.operands, source));
    case 'array':
      return negatedIf(where.negated, certain(source.arrayHas(where.key, where.operand)));
    case 'document':
      return negatedIf(where.negated, source.documentHas(where.text));
    case 'pattern':
      return negatedIf(where.negated, source.documentMatches(where.pattern));
  }
}

/** All slots below `size`, each certain. */
export function everySlot(size: number): Candidates {
  return { slots: new SlotSet(size).invert(), check: undefined };
}

function certain(slots: SlotSet | undefined): Candidates | undefined {
  return slots && { slots, check: undefined };
}

function every(children: readonly Where[], source: FilterSource): Candidates | undefined {
  const { slots } = everySlot(source.size);
  const checks: ((record: Checkable) => boolean)[] = [];
  for (const child of children) {
    const candidates = candidatesFor(child, source);
    if (candidates === undefined) return undefined;
    slots.intersect(candidates.slots);
    if (candidates.check) checks.push(candidates.check);
  }
  const check = (record: Checkable) => checks.every((each) => each(record));
  return { slots, check: checks.length === 0 ? undefined : check };
}

function some(children: readonly Where[], source: FilterSource): Candidates | undefined {
  const slots = new SlotSet(source.size);
  const all: Candidates[] = [];
  for (const child of children) {
    const candidates = candidatesFor(child, source);
    if (candidates === undefined) return undefined;
    slots.unite(candidates.slots);
    all.push(candidates);
  }
  const check = (record: Checkable) => all.some((each) => matches(each, record));
  return { slots, check: all.some((each) => each.check) ? check : undefined };
}

function anyOf(key: string, operands: readonly Operand[], source: FilterSource): Candidates | undefined {
  const any = new SlotSet(source.size);
  for (const operand of operands) {
    const slots = source.compare(key, '$eq', operand);
    if (slots === undefined) return undefined;
    any.unite(slots);
  }
  return certain(any);
}

function negatedIf(negated: boolean, candidates: Candidates | undefined): Candidates | undefined {
  if (!negated || candidates === undefined) return candidates;
  if (candidates.check === undefined) return certain(candidates.slots.invert());
  const { slots } = everySlot(candidates.slots.size);
  return { slots, check: (record) => !matches(candidates, record) };
}

/** Whether a record, candidate or not, matches. Throws CheckGivenUp. */
export function matches({ slots, check }: Candidates, record: Checkable): boolean {
  return slots.has(record.slot) && (check === undefined || check(record));
}
