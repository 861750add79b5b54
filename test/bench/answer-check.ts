import { idOf } from './dataset.js';

/** One request whose answer is compared with what an exact search finds. */
export interface Check {
  readonly body: string;
  readonly judge: (answer: unknown) => Verdict;
}

export interface Verdict {
  /** Why the answer is wrong, where it is. */
  readonly fault?: string;
  /** Share of the nearest that were found; of queries only. */
  readonly recall?: number;
}

export interface ExpectedNeighbours {
  /** Of the nearest, nearest first. */
  readonly indexes: readonly number[];
  readonly distanceTo: (index: number) => number;
  readonly matches: (index: number) => boolean;
}

/** ChromaDB reckons in single precision. */
const DISTANCE_TOLERANCE = 1e-4;

/** Judges a `query`: one list of neighbours for each vector. */
export function judgeQuery(answer: unknown, expected: readonly ExpectedNeighbours[]): Verdict {
  const { ids, distances } = answer as { ids: string[][]; distances: number[][] };
  if (ids.length !== expected.length) return { fault: `${ids.length} lists for ${expected.length} vectors` };
  const recalls: number[] = [];
  for (const [place, neighbours] of expected.entries()) {
    const fault = faultIn(ids[place] ?? [], distances[place] ?? [], neighbours);
    if (fault !== undefined) return { fault };
    const wanted = new Set(neighbours.indexes.map(idOf));
    const found = (ids[place] ?? []).filter((id) => wanted.has(id)).length;
    recalls.push(wanted.size === 0 ? 1 : found / wanted.size);
  }
  return { recall: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length };
}

function faultIn(
  ids: readonly string[],
  distances: readonly number[],
  { indexes, distanceTo, matches }: ExpectedNeighbours,
): string | undefined {
  if (new Set(ids).size !== ids.length) return 'a record came twice';
  if (ids.length !== indexes.length) return `${ids.length} records instead of ${indexes.length}`;
  for (const [place, id] of ids.entries()) {
    const index = Number(id.slice(1));
    if (!matches(index)) return `${id} does not match the filter`;
    const distance = distances[place] ?? NaN;
    if (!(Math.abs(distance - distanceTo(index)) < DISTANCE_TOLERANCE))
      return `${id} is not ${distance} away`;
    if (place > 0 && distance < (distances[place - 1] ?? 0)) return 'the order is not that of the distances';
  }
  return undefined;
}

/** Judges a `get`: exactly these ids, in any order. */
export function judgeIds(answer: unknown, expected: readonly string[]): Verdict {
  const { ids } = answer as { ids: string[] };
  const same = JSON.stringify([...ids].sort()) === JSON.stringify([...expected].sort());
  return same ? {} : { fault: `${ids.length} records, not the ${expected.length} that match` };
}

/** Judges a `get` of one page: so many records, each of which matches. */
export function judgePage(answer: unknown, size: number, matches: (index: number) => boolean): Verdict {
  const { ids } = answer as { ids: string[] };
  if (ids.length !== size) return { fault: `${ids.length} records instead of ${size}` };
  const stray = ids.find((id) => !matches(Number(id.slice(1))));
  return stray === undefined ? {} : { fault: `${stray} does not match the filter` };
}
