import type { SampledQuery } from './backup-lines.js';

/** Places of so many samples among records, spread evenly; the first and the last are among them. */
export function samplePlaces(records: number, samples: number): ReadonlySet<number> {
  const count = Math.min(records, samples);
  if (count <= 1) return new Set(count === 1 ? [0] : []);
  return new Set(
    Array.from({ length: count }, (_, index) => Math.round((index * (records - 1)) / (count - 1))),
  );
}

/**
 * The share, 0 to 1, of what the store found that the restored collection finds too, or finds something in
 * its place that is as near: of equally near records either may be found.
 * @param existing ids of the store's answers that were restored
 */
export function overlap(
  stored: readonly SampledQuery[],
  restored: readonly SampledQuery[],
  existing: ReadonlySet<string>,
): number {
  let wanted = 0;
  let found = 0;
  stored.forEach(({ ids, distances }, index) => {
    const places = ids.flatMap((id, place) => (existing.has(id) ? [place] : []));
    const farthest = Math.max(...places.map((place) => distances[place] ?? Infinity));
    const expected = new Set(places.map((place) => ids[place]));
    const answer = restored[index];
    const matches = answer?.ids.filter(
      (id, place) => expected.has(id) || (answer.distances[place] ?? Infinity) <= farthest,
    );
    wanted += places.length;
    found += Math.min(places.length, matches?.length ?? 0);
  });
  return wanted === 0 ? 1 : found / wanted;
}
