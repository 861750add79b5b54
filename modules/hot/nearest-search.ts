import type { Space } from '../vector/read-request.js';
import type { RecordFilter } from '../vector/where.js';
import { matches, type Candidates } from './candidates.js';
import { NearestList, type Neighbour } from './nearest.js';
import { planSearch } from './search-plan.js';
import type { StoredRecord } from './stored-record.js';
import type { StoredRecords } from './stored-records.js';

type Neighbours = readonly Neighbour<StoredRecord>[];

export interface NearestSearch {
  readonly vectors: readonly Float32Array[];
  /** Neighbours wanted for each vector. */
  readonly limit: number;
  readonly filter: RecordFilter | undefined;
}

/** What a search is made on. */
export interface SearchSource {
  readonly space: Space;
  /** Floats of each vector. */
  readonly dimension: number;
  readonly records: StoredRecords;
  /**
   * The nearest of all records, or fewer than there are: graphs may lose some.
   * @param effort how many times as far as usual to look around; 1 by default
   */
  nearest(vector: Float32Array, limit: number, effort?: number): Neighbours;
}

/** Words of a bitmap looked at to estimate how many candidates match. */
const SAMPLED_WORDS = 128;
/** Records measured between two pauses: about half a millisecond of work at 768 floats. */
const MEASURES_PER_PAUSE = 512;
/** Those that match may lie at the rim of what a graph finds, where it misses more. */
const EFFORT_AMONG = 2;

/**
 * The records nearest to each of the vectors, nearest first. May pause; what it finds for a vector
 * is as it was at one moment.
 * @param hasRoom told of each list; false ends the search, as the body may hold a million vectors
 * @returns undefined when ChromaDB must be asked: for its filter, as distances are no finite numbers, or for
 * want of room
 */
export function* searchNearest(
  source: SearchSource,
  { vectors, limit, filter }: NearestSearch,
  hasRoom: (list: Neighbours) => boolean,
): Generator<void, Neighbours[] | undefined> {
  const candidates = filter && source.records.candidates(filter);
  if (filter && candidates === undefined) return undefined;
  const lists: Neighbours[] = [];
  for (const vector of vectors) {
    const list = yield* nearestRecords(source, vector, limit, candidates);
    if (list === undefined || !hasRoom(list)) return undefined;
    lists.push(list);
    // A body may hold thousands of vectors, and the graph takes about a millisecond for each.
    yield;
  }
  return lists;
}

/**
 * The nearest of the candidates that match, of all records without, nearest first: `limit` of them if there
 * are so many. May pause; what it finds is as it was when it began.
 * @returns undefined when a distance is no finite number
 */
export function* nearestRecords(
  source: SearchSource,
  vector: Float32Array,
  limit: number,
  candidates: Candidates | undefined,
): Generator<void, Neighbours | undefined> {
  const list = candidates
    ? yield* nearestAmong(source, vector, candidates, limit)
    : yield* nearestOfAll(source, vector, limit);
  return list.every(({ distance }) => Number.isFinite(distance)) ? list : undefined;
}

function* nearestOfAll(
  source: SearchSource,
  vector: Float32Array,
  limit: number,
): Generator<void, Neighbours> {
  const { records } = source;
  const wanted = Math.min(limit, records.count);
  if (wanted === 0) return [];
  const found = source.nearest(vector, wanted);
  if (found.length === wanted) return found;
  return yield* measured(source, vector, [...records.byPosition], wanted);
}

/** From ever more of the nearest of all records, until enough of them match; or by measuring each. */
function* nearestAmong(
  source: SearchSource,
  vector: Float32Array,
  candidates: Candidates,
  limit: number,
): Generator<void, Neighbours> {
  const count = candidates.slots.count();
  const wanted = Math.min(limit, count);
  if (wanted === 0) return [];
  const likely = count * shareOf(source.records, candidates);
  for (let tried = 0; ;) {
    const plan = planSearch(likely, source.records.count, wanted, tried);
    if (plan.kind === 'exact') break;
    const found = source
      .nearest(vector, plan.fetch, EFFORT_AMONG)
      .filter(({ record }) => matches(candidates, record));
    if (found.length >= wanted) return found.slice(0, wanted);
    tried = plan.fetch;
  }
  // Whether a text holds another costs more than a distance: it is asked of what is near.
  const { slots, check } = candidates;
  return yield* measured(source, vector, source.records.in(slots), wanted, check);
}

function* measured(
  { space }: SearchSource,
  vector: Float32Array,
  records: readonly (StoredRecord | undefined)[],
  limit: number,
  check?: Candidates['check'],
): Generator<void, Neighbours> {
  const list = new NearestList<StoredRecord>(space, vector, limit);
  for (const [index, record] of records.entries()) {
    if (index % MEASURES_PER_PAUSE === MEASURES_PER_PAUSE - 1) yield;
    if (record) list.offer(record, check);
  }
  return list.neighbours;
}

/** The share of candidates that match, from 0 to 1, by a sample. */
function shareOf(records: StoredRecords, { slots, check }: Candidates): number {
  if (check === undefined) return 1;
  const sample = slots.sample(SAMPLED_WORDS).flatMap((slot) => records.at(slot) ?? []);
  return sample.length === 0 ? 0 : sample.filter(check).length / sample.length;
}
