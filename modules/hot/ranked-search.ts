import type { NearestScore, RankedSearch, RankExpression } from '../vector/ranked-search.js';
import type { RecordFilter } from '../vector/where.js';
import type { Placed } from './byte-arena.js';
import type { Neighbour } from './nearest.js';
import { nearestParts, scoresOf } from './rank-scores.js';
import { compareTotally, keepOfGroups, type Scored } from './ranked-groups.js';

export interface RankedRecord {
  /** Where it stands in the order of insertion. */
  readonly position: number;
  readonly metadata: Placed | undefined;
}

/** What ranked searches are evaluated on. `Matching` stands for the records that a filter lets through. */
export interface RankSource<T, Matching> {
  /** Undefined when the filter cannot be evaluated here. */
  matching(filter: RecordFilter): Matching | undefined;
  /**
   * The nearest of the matching records, of all without a filter, nearest first: as many as asked for if
   * there are so many. Undefined when not all of them could be found, or a distance is no finite number.
   */
  nearest(
    vector: Float32Array,
    limit: number,
    matching: Matching | undefined,
  ): Generator<void, readonly Neighbour<T>[] | undefined>;
  /** The matching records, all without a filter, in the order of their insertion. */
  inOrder(matching: Matching | undefined): Generator<void, Iterable<T>>;
}

/**
 * Evaluates one search as ChromaDB's workers do (`rust/worker/src/execution/orchestration/rank.rs`): the
 * least score first, the earlier record first where scores are equal; records that have no score of their own
 * are left out. Without a rank, records come in the order of their insertion, with their places on the page
 * as scores.
 * @returns undefined when ChromaDB must be asked: a part cannot be evaluated here, or a score is not a
 * number, whose place among the others depends on the processor
 */
export function* rankedSearch<T extends RankedRecord, Matching>(
  search: RankedSearch,
  source: RankSource<T, Matching>,
): Generator<void, readonly Scored<T>[] | undefined> {
  const { filter, rank, groupBy, offset, limit = Number.POSITIVE_INFINITY } = search;
  const matching = filter && source.matching(filter);
  if (filter && matching === undefined) return undefined;
  if (rank === undefined) return pageInOrder(yield* source.inOrder(matching), offset, limit);
  const ranked = yield* scored(rank, matching, source);
  const kept = ranked && groupBy ? keepOfGroups(ranked, groupBy) : ranked;
  return kept && inRank(kept).slice(offset, offset + limit);
}

function* scored<T extends RankedRecord, Matching>(
  rank: RankExpression,
  matching: Matching | undefined,
  source: RankSource<T, Matching>,
): Generator<void, readonly Scored<T>[] | undefined> {
  const foundBy = new Map<NearestScore, readonly Neighbour<T>[]>();
  for (const part of nearestParts(rank)) {
    const found = yield* source.nearest(part.vector, part.limit, matching);
    if (found === undefined) return undefined;
    foundBy.set(
      part,
      [...found].sort((a, b) => compare(a.distance, b.distance, a.record, b.record)),
    );
  }
  const { own } = scoresOf(rank, foundBy);
  const records = [...own].map(([record, score]) => ({ record, score }));
  return records.some(({ score }) => Number.isNaN(score)) ? undefined : inRank(records);
}

function inRank<T extends RankedRecord>(records: readonly Scored<T>[]): readonly Scored<T>[] {
  return [...records].sort((a, b) => compare(a.score, b.score, a.record, b.record));
}

function compare(leftScore: number, rightScore: number, left: RankedRecord, right: RankedRecord): number {
  return compareTotally(leftScore, rightScore) || left.position - right.position;
}

function pageInOrder<T>(records: Iterable<T>, offset: number, limit: number): Scored<T>[] {
  const page: Scored<T>[] = [];
  if (limit === 0) return page;
  let passed = 0;
  for (const record of records) {
    if (passed++ < offset) continue;
    page.push({ record, score: Math.fround(page.length) });
    if (page.length === limit) break;
  }
  return page;
}
