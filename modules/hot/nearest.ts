import { distance } from '../vector/distance.js';
import type { Space } from '../vector/read-request.js';

/** A record and its distance to a query. */
export interface Neighbour<T> {
  readonly record: T;
  readonly distance: number;
}

/** The `limit` nearest of the records by measuring each, nearest first; those first in order win ties. */
export function nearest<T extends { readonly vector: Float32Array }>(
  space: Space,
  query: Float32Array,
  records: Iterable<T>,
  limit: number,
): Neighbour<T>[] {
  const best: Neighbour<T>[] = [];
  let bound = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const measured = Math.fround(distance(space, query, record.vector));
    if (best.length === limit && !(measured < bound)) continue;
    insert(best, { record, distance: measured });
    if (best.length > limit) best.pop();
    bound = best.at(-1)?.distance ?? bound;
  }
  return best;
}

/** Keeps the list ordered; a new entry goes behind those at the same distance. */
function insert<T>(best: Neighbour<T>[], entry: Neighbour<T>): void {
  let [low, high] = [0, best.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((best[middle]?.distance ?? 0) <= entry.distance) low = middle + 1;
    else high = middle;
  }
  best.splice(low, 0, entry);
}
