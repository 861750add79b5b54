import type { NearestScore, RankExpression } from '../vector/ranked-search.js';
import type { Neighbour } from './nearest.js';

/** Scores of some records, each a float32, and one score for all others; undefined leaves the others out. */
export interface Scores<T> {
  readonly own: ReadonlyMap<T, number>;
  readonly others: number | undefined;
}

type Combine = (left: number, right: number) => number;

const GREATEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** What a list begins with, and how each part is taken in, in order. */
const FOLDS: Readonly<Record<'sum' | 'mul' | 'max' | 'min', readonly [number, Combine]>> = {
  sum: [0, (left, right) => left + right],
  mul: [1, (left, right) => left * right],
  max: [-GREATEST_FLOAT32, unlessNaN(Math.max)],
  min: [GREATEST_FLOAT32, unlessNaN(Math.min)],
};

const FUNCTIONS = { abs: Math.abs, exp: Math.exp, log: Math.log } as const;

/** The parts of an expression that need a search for the nearest, as they stand from left to right. */
export function nearestParts(expression: RankExpression): readonly NearestScore[] {
  switch (expression.kind) {
    case 'value':
      return [];
    case 'nearest':
      return [expression];
    case 'abs':
    case 'exp':
    case 'log':
      return nearestParts(expression.of);
    case 'sub':
    case 'div':
      return [...nearestParts(expression.left), ...nearestParts(expression.right)];
    case 'sum':
    case 'mul':
    case 'max':
    case 'min':
      return expression.parts.flatMap(nearestParts);
  }
}

/**
 * Evaluates a rank expression as ChromaDB does (`rust/worker/src/execution/operators/rank.rs`). Where two
 * parts meet, a record needs a score, its own or the one for all others, in both. Each step is rounded to
 * float32; `exp` and `log` are so from doubles, which may differ from ChromaDB's in the last bit.
 * @param foundBy the records found for each part that asks for the nearest, nearest first
 */
export function scoresOf<T>(
  expression: RankExpression,
  foundBy: ReadonlyMap<NearestScore, readonly Neighbour<T>[]>,
): Scores<T> {
  const next = (part: RankExpression) => scoresOf(part, foundBy);
  switch (expression.kind) {
    case 'value':
      return sameForAll(expression.value);
    case 'nearest':
      return ofNearest(expression, foundBy.get(expression) ?? []);
    case 'abs':
    case 'exp':
    case 'log':
      return mapped(next(expression.of), FUNCTIONS[expression.kind]);
    case 'sub':
      return combined(next(expression.left), next(expression.right), (left, right) => left - right);
    case 'div':
      return combined(next(expression.left), next(expression.right), (left, right) => left / right);
    case 'sum':
    case 'mul':
    case 'max':
    case 'min': {
      const [first, combine] = FOLDS[expression.kind];
      return expression.parts.reduce<Scores<T>>(
        (all, part) => combined(all, next(part), combine),
        sameForAll(first),
      );
    }
  }
}

function sameForAll<T>(score: number): Scores<T> {
  return { own: new Map<T, number>(), others: score };
}

function ofNearest<T>({ byPlace, otherwise }: NearestScore, found: readonly Neighbour<T>[]): Scores<T> {
  const own = new Map<T, number>();
  found.forEach(({ record, distance }, place) => own.set(record, Math.fround(byPlace ? place : distance)));
  return { own, others: otherwise };
}

function mapped<T>({ own, others }: Scores<T>, change: (score: number) => number): Scores<T> {
  const changed = new Map<T, number>();
  for (const [record, score] of own) changed.set(record, Math.fround(change(score)));
  return { own: changed, others: others === undefined ? undefined : Math.fround(change(others)) };
}

function combined<T>(left: Scores<T>, right: Scores<T>, combine: Combine): Scores<T> {
  const scoreOf = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : Math.fround(combine(a, b));
  const own = new Map<T, number>();
  for (const record of [...left.own.keys(), ...right.own.keys()]) {
    const score = scoreOf(left.own.get(record) ?? left.others, right.own.get(record) ?? right.others);
    if (score !== undefined) own.set(record, score);
  }
  return { own, others: scoreOf(left.others, right.others) };
}

/** Of a number and what is none, the number. */
function unlessNaN(choose: Combine): Combine {
  return (left, right) => {
    if (Number.isNaN(left)) return right;
    return Number.isNaN(right) ? left : choose(left, right);
  };
}
