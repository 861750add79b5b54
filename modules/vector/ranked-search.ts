import type { RecordFilter } from './where.js';

/** The distance to a vector, or the place among the nearest, of the records nearest to it. */
export interface NearestScore {
  readonly kind: 'nearest';
  readonly vector: Float32Array;
  /** Records that get a score of their own. */
  readonly limit: number;
  /** The score of all other records; undefined leaves them out. */
  readonly otherwise: number | undefined;
  /** Scores are places, 0 for the nearest, in place of distances. */
  readonly byPlace: boolean;
}

/** How records are scored (ChromaDB's `rank`): float32 arithmetic over distances; the least score is best. */
export type RankExpression =
  | { readonly kind: 'value'; readonly value: number }
  | NearestScore
  | { readonly kind: 'abs' | 'exp' | 'log'; readonly of: RankExpression }
  | { readonly kind: 'sub' | 'div'; readonly left: RankExpression; readonly right: RankExpression }
  | { readonly kind: 'sum' | 'mul' | 'max' | 'min'; readonly parts: readonly RankExpression[] };

/** What records of one group are ordered by. */
export type GroupOrderKey = { readonly kind: 'score' } | { readonly kind: 'field'; readonly name: string };

/** Of the records that share their values under `fields`, only some are kept. */
export interface Grouping {
  readonly fields: readonly string[];
  /** Kept are those with the least or the greatest values, the first key deciding before the next. */
  readonly keep: 'least' | 'greatest';
  readonly by: readonly GroupOrderKey[];
  /** Records kept of each group, at least 1. */
  readonly count: number;
}

/** What an answer contains besides ids. */
export interface Selection {
  readonly documents: boolean;
  readonly embeddings: boolean;
  /** All metadata. */
  readonly metadata: boolean;
  readonly scores: boolean;
  /** Metadata keys asked for one by one, each once. */
  readonly fields: readonly string[];
}

/** One search: filtered, scored, grouped, and a page of what is left, the least score first. */
export interface RankedSearch {
  readonly filter: RecordFilter | undefined;
  /** Undefined: all records in insertion order. */
  readonly rank: RankExpression | undefined;
  readonly groupBy: Grouping | undefined;
  /** Records to pass over first. */
  readonly offset: number;
  /** Most records wanted; undefined wants all. */
  readonly limit: number | undefined;
  readonly select: Selection;
}

/** Searches of one collection, each with its own answer (ChromaDB's `search`). */
export interface RankedRequest {
  readonly kind: 'ranked';
  /** Floats of every vector in the searches; undefined when there is none. */
  readonly dimension: number | undefined;
  readonly searches: readonly RankedSearch[];
}
