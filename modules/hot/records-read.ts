import { matches, type Candidates, type Checkable } from './candidates.js';
import type { SlotSet } from './slot-set.js';

/** Where a record stands. */
export interface PlacedRecord extends Checkable {
  /** In bitmaps. */
  readonly slot: number;
  /** Among all records: ascending numbers, not without gaps, in the order in which they were inserted. */
  readonly position: number;
}

export interface OrderedRecords<T extends PlacedRecord> {
  /** Every record by its position; undefined in the gaps. */
  readonly byPosition: readonly (T | undefined)[];
  /** The records in these slots. */
  in(slots: SlotSet): T[];
  find(id: string): T | undefined;
}

/** Which records are wanted; those that are named and match, by ascending position. */
export interface RecordSelection {
  /** Undefined for any; unknown ones are passed over, repeated ones give one record. */
  readonly ids: readonly string[] | undefined;
  /** Undefined for any. */
  readonly candidates: Candidates | undefined;
  /** Records to pass over first. */
  readonly offset: number;
  /** Most records wanted; undefined wants all. */
  readonly limit: number | undefined;
}

/** Looking at one more record in order is far cheaper than collecting and sorting one. */
const STEPS_PER_SORTED_RECORD = 20;
/** Records looked at between two pauses. */
const LOOKS_PER_PAUSE = 1_024;

/** The wanted records in insertion order. May pause. */
export function* selectRecords<T extends PlacedRecord>(
  source: OrderedRecords<T>,
  { ids, candidates, offset, limit = Number.POSITIVE_INFINITY }: RecordSelection,
): Generator<void, T[]> {
  const end = offset + limit;
  const wanted = (record: T) => candidates === undefined || matches(candidates, record);
  if (ids) return byPosition(yield* taken(named(source, ids), wanted, 0, Infinity)).slice(offset, end);
  const ordered = source.byPosition;
  if (candidates === undefined) return yield* taken(ordered, wanted, offset, end);
  const count = candidates.slots.count();
  const evenSteps = Math.min(1, end / count) * ordered.length;
  if (count * STEPS_PER_SORTED_RECORD > evenSteps) return yield* taken(ordered, wanted, offset, end);
  return byPosition(yield* matching(source, candidates)).slice(offset, end);
}

/** The candidates that match. May pause. */
export function* matching<T extends PlacedRecord>(
  source: Pick<OrderedRecords<T>, 'in'>,
  { slots, check }: Candidates,
): Generator<void, T[]> {
  const candidates = source.in(slots);
  return check ? yield* taken(candidates, check, 0, Infinity) : candidates;
}

function named<T extends PlacedRecord>(source: OrderedRecords<T>, ids: readonly string[]): T[] {
  const records = new Set<T>();
  for (const id of ids) {
    const record = source.find(id);
    if (record) records.add(record);
  }
  return [...records];
}

/** Goes through the records until enough of them were wanted. */
function* taken<T extends PlacedRecord>(
  records: readonly (T | undefined)[],
  wanted: (record: T) => boolean,
  offset: number,
  end: number,
): Generator<void, T[]> {
  const found: T[] = [];
  let count = 0;
  for (const [index, record] of records.entries()) {
    if (count >= end) break;
    if (record && wanted(record) && count++ >= offset) found.push(record);
    if (index % LOOKS_PER_PAUSE === LOOKS_PER_PAUSE - 1) yield;
  }
  return found;
}

function byPosition<T extends PlacedRecord>(records: T[]): T[] {
  return records.sort((a, b) => a.position - b.position);
}
