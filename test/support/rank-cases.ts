import fc from 'fast-check';

/** ChromaDB's `rank`, as callers write it. */
export type RankCase =
  | { readonly $val: number }
  | { readonly $knn: NearestCase }
  | { readonly $abs: RankCase }
  | { readonly $exp: RankCase }
  | { readonly $log: RankCase }
  | { readonly $sub: RankPair }
  | { readonly $div: RankPair }
  | { readonly $sum: readonly RankCase[] }
  | { readonly $mul: readonly RankCase[] }
  | { readonly $max: readonly RankCase[] }
  | { readonly $min: readonly RankCase[] };

export interface NearestCase {
  readonly query: readonly number[];
  readonly limit?: number;
  readonly default?: number;
  readonly return_rank?: boolean;
}

interface RankPair {
  readonly left: RankCase;
  readonly right: RankCase;
}

/** Scores of some records by their place, and the score of all others, if they have one. */
interface RankScores {
  readonly own: ReadonlyMap<number, number>;
  readonly others: number | undefined;
}

const DEFAULT_LIMIT = 16;
const GREATEST_FLOAT32 = Math.fround(3.4028234663852886e38);

/** Expressions over searches for the nearest to the given vectors. */
export function rankCase(vectors: readonly (readonly number[])[]): fc.Arbitrary<RankCase> {
  const number = fc.constantFrom(-1.5, -1, 0, 0.1, 0.5, 1, 2, 60, 1e5, 1e7).map(Math.fround);
  const nearest = fc.record(
    {
      query: fc.constantFrom(...vectors),
      limit: fc.integer({ min: 0, max: 80 }),
      default: number,
      return_rank: fc.boolean(),
    },
    { requiredKeys: ['query'] },
  );
  const leaf: fc.Arbitrary<RankCase> = fc.oneof(
    { weight: 3, arbitrary: nearest.map(($knn) => ({ $knn })) },
    { weight: 1, arbitrary: number.map(($val) => ({ $val })) },
  );
  return fc.letrec<{ rank: RankCase }>((tie) => {
    const rank = tie('rank');
    const pair = fc.record({ left: rank, right: rank });
    const list = fc.array(rank, { maxLength: 3 });
    return {
      rank: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        { weight: 4, arbitrary: leaf },
        rank.map(($abs) => ({ $abs })),
        rank.map(($exp) => ({ $exp })),
        rank.map(($log) => ({ $log })),
        pair.map(($sub) => ({ $sub })),
        pair.map(($div) => ({ $div })),
        list.map(($sum) => ({ $sum })),
        list.map(($mul) => ({ $mul })),
        list.map(($max) => ({ $max })),
        list.map(($min) => ({ $min })),
      ),
    };
  }).rank;
}

/** Places of records with their scores, the least first; undefined when one is not a number. */
export function bruteForce(
  rank: RankCase,
  vectors: readonly (readonly number[])[],
): readonly (readonly [number, number])[] | undefined {
  const scores = [...evaluate(rank, vectors).own];
  if (scores.some(([, score]) => Number.isNaN(score))) return undefined;
  return scores.sort((a, b) => ordered(a[1], b[1]) || a[0] - b[0]);
}

function evaluate(rank: RankCase, vectors: readonly (readonly number[])[]): RankScores {
  const of = (part: RankCase) => evaluate(part, vectors);
  const fold = (parts: readonly RankCase[], first: number, operation: (a: number, b: number) => number) =>
    parts.map(of).reduce((all, part) => join(all, part, operation), constant(first));
  if ('$val' in rank) return constant(rank.$val);
  if ('$knn' in rank) return nearest(rank.$knn, vectors);
  if ('$abs' in rank) return each(of(rank.$abs), Math.abs);
  if ('$exp' in rank) return each(of(rank.$exp), Math.exp);
  if ('$log' in rank) return each(of(rank.$log), Math.log);
  if ('$sub' in rank) return join(of(rank.$sub.left), of(rank.$sub.right), (a, b) => a - b);
  if ('$div' in rank) return join(of(rank.$div.left), of(rank.$div.right), (a, b) => a / b);
  if ('$sum' in rank) return fold(rank.$sum, 0, (a, b) => a + b);
  if ('$mul' in rank) return fold(rank.$mul, 1, (a, b) => a * b);
  if ('$max' in rank) return fold(rank.$max, -GREATEST_FLOAT32, numberOf(Math.max));
  return fold(rank.$min, GREATEST_FLOAT32, numberOf(Math.min));
}

function constant(others: number): RankScores {
  return { own: new Map(), others };
}

export function squaredDistance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0);
}

function nearest(
  { query, limit = DEFAULT_LIMIT, default: others, return_rank: byPlace = false }: NearestCase,
  vectors: readonly (readonly number[])[],
): RankScores {
  const found = vectors
    .map((vector, index) => [index, squaredDistance(query, vector)] as const)
    .sort((a, b) => a[1] - b[1] || a[0] - b[0])
    .slice(0, limit);
  return {
    own: new Map(found.map(([index, distance], place) => [index, byPlace ? place : distance])),
    others,
  };
}

function each({ own, others }: RankScores, operation: (score: number) => number): RankScores {
  const apply = (score: number) => Math.fround(operation(score));
  return {
    own: new Map([...own].map(([index, score]) => [index, apply(score)])),
    others: others === undefined ? undefined : apply(others),
  };
}

function join(left: RankScores, right: RankScores, operation: (a: number, b: number) => number): RankScores {
  const apply = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : Math.fround(operation(a, b));
  const own = new Map<number, number>();
  for (const index of new Set([...left.own.keys(), ...right.own.keys()])) {
    const score = apply(left.own.get(index) ?? left.others, right.own.get(index) ?? right.others);
    if (score !== undefined) own.set(index, score);
  }
  return { own, others: apply(left.others, right.others) };
}

function numberOf(choose: (a: number, b: number) => number) {
  return (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : choose(a, b));
}

function ordered(a: number, b: number): number {
  if (a !== b) return a < b ? -1 : 1;
  return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
}
