import type { SlotSet } from './slot-set.js';

/** Where a record stands. */
export interface PlacedRecord {
  /** In bitmaps. */
  readonly slot: number;
  /** Among all records: ascending numbers, not without gaps, in the order in which they were inserted. */
  readonly position: number;
}

export interface OrderedRecords<T extends PlacedRecord> {
  /** Every record, by ascending position. */
  inOrder(): readonly T[];
  at(slot: number): T | undefined;
  find(id: string): T | undefined;
}

/** Which records are wanted; those that are named and match, by ascending position. */
export interface RecordSelection {
  /** Undefined for any; unknown ones are passed over, repeated ones give one record. */
  readonly ids: readonly string[] | undefined;
  /** Undefined for any. */
  readonly matching: SlotSet | undefined;
  /** Records to pass over first. */
  readonly offset: number;
  /** Most records wanted; undefined wants all. */
  readonly limit: number | undefined;
}

/** Looking at one more record in order is far cheaper than collecting and sorting one. */
const STEPS_PER_SORTED_RECORD = 20;

/** The wanted records in insertion order. */
export function selectRecords<T extends PlacedRecord>(
  source: OrderedRecords<T>,
  { ids, matching, offset, limit = Number.POSITIVE_INFINITY }: RecordSelection,
): readonly T[] {
  const end = offset + limit;
  if (ids) return byPosition(named(source, ids, matching)).slice(offset, end);
  const ordered = source.inOrder();
  if (matching === undefined) return ordered.slice(offset, end);
  const matches = matching.count();
  const evenSteps = Math.min(1, end / matches) * ordered.length;
  if (matches * STEPS_PER_SORTED_RECORD > evenSteps) return walked(ordered, matching, offset, end);
  return byPosition(matching.toArray().flatMap((slot) => source.at(slot) ?? [])).slice(offset, end);
}

function named<T extends PlacedRecord>(
  source: OrderedRecords<T>,
  ids: readonly string[],
  matching: SlotSet | undefined,
): T[] {
  const records = new Set<T>();
  for (const id of ids) {
    const record = source.find(id);
    if (record && (matching?.has(record.slot) ?? true)) records.add(record);
  }
  return [...records];
}

/** Goes through the records in order until enough of them matched. */
function walked<T extends PlacedRecord>(
  ordered: readonly T[],
  matching: SlotSet,
  offset: number,
  end: number,
): T[] {
  const found: T[] = [];
  let matched = 0;
  for (const record of ordered) {
    if (matched >= end) break;
    if (matching.has(record.slot) && matched++ >= offset) found.push(record);
  }
  return found;
}

function byPosition<T extends PlacedRecord>(records: T[]): T[] {
  return records.sort((a, b) => a.position - b.position);
}
