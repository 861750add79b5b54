import type { SeededRandom } from '../support/seeded-random.js';

const DIMENSION = 24;
const RECORDS = 600;
const COLORS = ['red', 'green', 'blue', 'grey', 'white'] as const;
const BATCH_RECORDS = 200;
/** Squared distances of single precision, by two orders of adding them up. */
const DISTANCE_TOLERANCE = 1e-3;

export interface Filter {
  readonly color: string;
  readonly from: number;
}

/** What a query answered, for its one vector. */
interface NearestAnswer {
  readonly ids?: readonly (readonly string[])[];
  readonly distances?: readonly (readonly number[])[] | null;
  readonly documents?: readonly (readonly (string | null)[])[] | null;
}

interface GetAnswer {
  readonly ids?: readonly string[];
  readonly documents?: readonly (string | null)[] | null;
  readonly metadatas?: readonly unknown[] | null;
}

/**
 * Records that never change, so that every answer about them is known beforehand. The collection that holds
 * them searches as many candidates as it has records: its approximate search is exact.
 */
export class KnownRecords {
  static readonly count = RECORDS;
  static readonly settings = {
    hnsw: { space: 'l2', ef_search: RECORDS, ef_construction: 200, max_neighbors: 32 },
  } as const;
  private readonly vectors: readonly (readonly number[])[];

  constructor(random: SeededRandom) {
    this.vectors = Array.from({ length: RECORDS }, () => random.vector(DIMENSION));
  }

  static vector(random: SeededRandom): number[] {
    return random.vector(DIMENSION);
  }

  static filter(random: SeededRandom): Filter {
    return { color: random.pick(COLORS), from: random.below(RECORDS / 2) };
  }

  static where({ color, from }: Filter): object {
    return { $and: [{ color }, { number: { $gte: from } }] };
  }

  /** Bodies of `add`, in the order in which they are to be inserted. */
  batches(): readonly object[] {
    const starts = Array.from({ length: RECORDS / BATCH_RECORDS }, (_, batch) => batch * BATCH_RECORDS);
    return starts.map((start) => {
      const numbers = Array.from({ length: BATCH_RECORDS }, (_, place) => start + place);
      return {
        ids: numbers.map(idOf),
        embeddings: this.vectors.slice(start, start + BATCH_RECORDS),
        documents: numbers.map(documentOf),
        metadatas: numbers.map(metadataOf),
      };
    });
  }

  /** @returns what is wrong with the answer to a query for the `limit` nearest */
  judgeNearest(json: unknown, vector: readonly number[], limit: number, filter?: Filter): string | undefined {
    const { ids, distances, documents } = json as NearestAnswer;
    const numbers = ids?.[0]?.map(numberOf) ?? [];
    const expected = this.nearestDistances(vector, limit, filter);
    if (numbers.length !== expected.length) return `${numbers.length} records, not ${expected.length}`;
    if (new Set(ids?.[0]).size !== numbers.length) return 'a record twice';
    for (const [rank, number] of numbers.entries()) {
      if (number === undefined) return `unknown id ${String(ids?.[0]?.[rank])}`;
      if (filter && !passes(number, filter)) return `${idOf(number)} does not pass the filter`;
      const distance = this.distance(number, vector);
      if (!isClose(distance, expected[rank])) return `${idOf(number)} is not number ${rank} by distance`;
      if (!isClose(distance, distances?.[0]?.[rank])) return `another distance of ${idOf(number)}`;
      if (documents?.[0]?.[rank] !== documentOf(number)) return `another document of ${idOf(number)}`;
    }
    return undefined;
  }

  /** @returns what is wrong with the answer to a `get` of all with a color, `limit` of them */
  judgeColor(json: unknown, color: string, limit: number): string | undefined {
    const all = Array.from({ length: RECORDS }, (_, number) => number);
    return this.judgeGet(json, all.filter((number) => colorOf(number) === color).slice(0, limit));
  }

  /** @returns what is wrong with the answer to a `get` of these records, by their numbers */
  judgeNumbers(json: unknown, numbers: readonly number[]): string | undefined {
    return this.judgeGet(
      json,
      numbers.toSorted((one, other) => one - other),
    );
  }

  numbers(random: SeededRandom, count: number): readonly number[] {
    return [...new Set(Array.from({ length: count }, () => random.below(RECORDS)))];
  }

  private judgeGet(json: unknown, numbers: readonly number[]): string | undefined {
    const { ids, documents, metadatas } = json as GetAnswer;
    const seen = { ids, documents, metadatas: metadatas?.map(told) };
    const expected = {
      ids: numbers.map(idOf),
      documents: numbers.map(documentOf),
      metadatas: numbers.map((number) => told(metadataOf(number))),
    };
    return told(seen) === told(expected) ? undefined : `records other than ${told(expected.ids)}`;
  }

  private nearestDistances(vector: readonly number[], limit: number, filter?: Filter): readonly number[] {
    const distances: number[] = [];
    for (let number = 0; number < RECORDS; number++)
      if (filter === undefined || passes(number, filter)) distances.push(this.distance(number, vector));
    return distances.sort((one, other) => one - other).slice(0, limit);
  }

  private distance(number: number, vector: readonly number[]): number {
    const own = this.vectors[number] ?? [];
    let sum = 0;
    for (let place = 0; place < DIMENSION; place++) sum += ((own[place] ?? 0) - (vector[place] ?? 0)) ** 2;
    return sum;
  }
}

export function idOf(number: number): string {
  return `known-${number}`;
}

function numberOf(id: string): number | undefined {
  const number = Number(/^known-(\d+)$/.exec(id)?.[1] ?? Number.NaN);
  return number < RECORDS ? number : undefined;
}

function documentOf(number: number): string {
  return `document ${number}`;
}

function colorOf(number: number): string {
  return COLORS[number % COLORS.length] ?? '';
}

function metadataOf(number: number) {
  return { color: colorOf(number), number };
}

function passes(number: number, { color, from }: Filter): boolean {
  return colorOf(number) === color && number >= from;
}

function isClose(one: number, other: number | undefined): boolean {
  return other !== undefined && Math.abs(one - other) <= DISTANCE_TOLERANCE;
}

/** Keys of metadata come in any order. */
function told(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}
