/** How to find the nearest records among those that match a filter. */
export type SearchPlan =
  /** Measure the distance to each match. */
  | { readonly kind: 'exact' }
  /** Take this many nearest records of all from the graph, and keep those that match. */
  | { readonly kind: 'graph'; readonly fetch: number };

/**
 * What fetching one more record from the graph costs, in distances measured one by one. At 20,000 × 768,
 * compiled for the processor, hnswlib took 1.7 to 2 µs a record fetched, and a distance in JavaScript 0.4
 * (`ip`) to 1.2 µs (`cosine`) (2 cores, AMD EPYC).
 */
const DISTANCES_PER_FETCH = 3;
/** Matches are not spread evenly: fetch somewhat more than an even spread would need. */
const SPREAD = 1.5;
const LEAST_FETCH = 32;

/**
 * Chooses the cheaper way. Exact search suits rare matches, where the graph would have to be walked far; the
 * graph suits common ones, of which there are too many to measure.
 * @param matches records that match, at most `records`
 * @param limit neighbours wanted
 * @param tried how many were fetched before and did not hold enough matches; 0 at first
 */
export function planSearch(matches: number, records: number, limit: number, tried: number): SearchPlan {
  const evenly = Math.ceil((limit * records * SPREAD) / matches);
  const fetch = Math.min(records, Math.max(LEAST_FETCH, evenly, tried * 4));
  const exactIsCheaper = matches <= fetch * DISTANCES_PER_FETCH;
  return exactIsCheaper || fetch <= tried ? { kind: 'exact' } : { kind: 'graph', fetch };
}
