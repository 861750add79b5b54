import type { Candidates } from './candidates.js';
import type { StoredRecord, StoredRecords } from './stored-records.js';

/** Records checked between two pauses. */
const CHECKS_PER_PAUSE = 1_024;

/** The records that match for certain. May pause; they are as they were when it began. */
export function* matching(
  records: StoredRecords,
  { slots, check }: Candidates,
): Generator<void, StoredRecord[]> {
  const some = records.in(slots);
  if (check === undefined) return some;
  const matching: StoredRecord[] = [];
  for (const [index, record] of some.entries()) {
    if (index % CHECKS_PER_PAUSE === CHECKS_PER_PAUSE - 1) yield;
    if (check(record)) matching.push(record);
  }
  return matching;
}
