import type { ListedPlaces, RecordDrift } from '../hot/hot-protocol.js';
import { DRIFT_KINDS, type DriftKind } from '../vector/drift-kind.js';

export type DriftCounts = Record<DriftKind, number>;

export function noDrift(): DriftCounts {
  return Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as DriftCounts;
}

/** What differs between a mirror and a part of ChromaDB's collection. */
export interface Drift {
  readonly counts: DriftCounts;
  /** Records that differ in any way. */
  readonly records: number;
  /** Those of them that are to be read from ChromaDB again. */
  readonly read: readonly string[];
  /** Whether all ids are to be listed again: the mirror has too many, or not in ChromaDB's order. */
  readonly list: boolean;
}

/** What the contents of records say. */
export function driftOfRecords(differing: readonly RecordDrift[]): Drift {
  const counts = noDrift();
  for (const { kinds } of differing) for (const kind of kinds) counts[kind]++;
  // Where a record comes in, its place among the others is open.
  const list = counts.missing > 0;
  return { counts, records: differing.length, read: differing.map(({ id }) => id), list };
}

/**
 * What ids and their order say.
 * @param ids of ChromaDB's listing
 * @param places where the mirror has them
 * @param isTouched whether a record does not count
 */
export function driftOfListing(
  ids: readonly string[],
  { places, unlisted }: ListedPlaces,
  isTouched: (id: string) => boolean,
): Drift {
  const missing: string[] = [];
  const common: number[] = [];
  for (const [row, id] of ids.entries()) {
    if (isTouched(id)) continue;
    const place = places[row] ?? -1;
    if (place < 0) missing.push(id);
    else common.push(place);
  }
  const extra = unlisted.filter((id) => !isTouched(id)).length;
  const order = misplaced(common);
  const counts = { ...noDrift(), missing: missing.length, extra, order };
  const records = missing.length + extra + order;
  return { counts, records, read: missing, list: records > 0 };
}

/** The fewest of these that must move for all to rise. */
export function misplaced(places: readonly number[]): number {
  // The least end of a rising row of each length, as far as it has been seen.
  const ends: number[] = [];
  for (const place of places) {
    if (place > (ends.at(-1) ?? Number.NEGATIVE_INFINITY)) ends.push(place);
    else ends[firstNotBelow(ends, place)] = place;
  }
  return places.length - ends.length;
}

/** Where the first of these rising numbers stands that is not below the bound. */
function firstNotBelow(rising: readonly number[], bound: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? bound) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
