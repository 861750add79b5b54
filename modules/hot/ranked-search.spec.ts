import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GroupOrderKey, Grouping, RankedSearch, RankExpression } from '../vector/ranked-search.js';
import { norm, type Measured } from '../vector/distance.js';
import { finish } from './finish.js';
import { NearestList } from './nearest.js';
import { rankedSearch, type RankSource } from './ranked-search.js';

interface TestRecord {
  readonly name: string;
  readonly position: number;
  readonly vector: Float32Array;
  readonly metadata: { readonly chunk: Uint8Array; readonly start: number; readonly end: number } | undefined;
}

function recordsOf(metadatas: readonly (string | undefined)[], places?: readonly number[]): TestRecord[] {
  return metadatas.map((text, position) => {
    const chunk = Buffer.from(text ?? '');
    const metadata = text === undefined ? undefined : { chunk, start: 0, end: chunk.length };
    return {
      name: `r${position}`,
      position,
      vector: Float32Array.of(places?.[position] ?? position),
      metadata,
    };
  });
}

function nearestOf(vector: Float32Array, limit: number, records: readonly TestRecord[]) {
  const list = new NearestList<TestRecord & Measured>('l2', vector, limit);
  for (const record of records) list.offer({ ...record, norm: norm(record.vector) });
  return list.neighbours.map(({ record, distance }) => ({
    record: records.find(({ name }) => name === record.name) ?? record,
    distance,
  }));
}

/** Squared distances on a line; the filter's ids are names. */
function sourceOf(records: readonly TestRecord[]): RankSource<TestRecord, readonly TestRecord[]> {
  return {
    matching: ({ ids }) => ids && records.filter(({ name }) => ids.includes(name)),
    *nearest(vector, limit, matching = records) {
      yield;
      return nearestOf(vector, limit, matching);
    },
    *inOrder(matching = records) {
      yield;
      return matching;
    },
  };
}

const near = (place: number, rest: object = {}): RankExpression => ({
  ...{ kind: 'nearest', vector: Float32Array.of(place), limit: 100, otherwise: undefined, byPlace: false },
  ...rest,
});
const value = (number: number): RankExpression => ({ kind: 'value', value: number });

function search(rest: Partial<RankedSearch>): RankedSearch {
  const select = { documents: false, embeddings: false, metadata: false, scores: false, fields: [] };
  return {
    filter: undefined,
    rank: undefined,
    groupBy: undefined,
    offset: 0,
    limit: undefined,
    select,
    ...rest,
  };
}

function found(rest: Partial<RankedSearch>, records: readonly TestRecord[]) {
  return finish(rankedSearch(search(rest), sourceOf(records)))?.map(
    ({ record, score }) => [record.name, score] as const,
  );
}

const FIVE = recordsOf(Array.from({ length: 5 }, () => undefined));

describe('rankedSearch, scores', () => {
  it('gives distances, the least first', () => {
    expect(found({ rank: near(3, { limit: 3 }) }, FIVE)).toEqual([
      ['r3', 0],
      ['r2', 1],
      ['r4', 1],
    ]);
  });

  it('gives places where they are asked for, the earlier record first at one distance', () => {
    expect(found({ rank: near(3, { limit: 3, byPlace: true }) }, FIVE)).toEqual([
      ['r3', 0],
      ['r2', 1],
      ['r4', 2],
    ]);
  });

  it('leaves out records without a score of their own', () => {
    expect(found({ rank: value(1) }, FIVE)).toEqual([]);
    expect(found({ rank: near(0, { limit: 1, otherwise: 9 }) }, FIVE)).toEqual([['r0', 0]]);
    expect(found({ rank: { kind: 'sum', parts: [] } }, FIVE)).toEqual([]);
  });

  it('needs a score on both sides, unless there is one for all others', () => {
    const [first, last] = [near(0, { limit: 2 }), near(4, { limit: 2 })];
    expect(found({ rank: { kind: 'sum', parts: [first, last] } }, FIVE)).toEqual([]);
    const lastOrTen = near(4, { limit: 2, otherwise: 10 });
    expect(found({ rank: { kind: 'sum', parts: [first, lastOrTen] } }, FIVE)).toEqual([
      ['r0', 10],
      ['r1', 11],
    ]);
    const firstOrTwenty = near(0, { limit: 2, otherwise: 20 });
    expect(found({ rank: { kind: 'sum', parts: [firstOrTwenty, lastOrTen] } }, FIVE)).toEqual([
      ['r0', 10],
      ['r1', 11],
      ['r4', 20],
      ['r3', 21],
    ]);
  });

  it('rounds every step to float32', () => {
    const tenth = value(Math.fround(0.1));
    const rank: RankExpression = { kind: 'sum', parts: [near(0, { limit: 1 }), tenth, tenth, tenth] };
    const exact = Math.fround(Math.fround(Math.fround(0.1) + Math.fround(0.1)) + Math.fround(0.1));
    expect(found({ rank }, FIVE)).toEqual([['r0', exact]]);
  });

  it('keeps infinite scores at their ends', () => {
    const rank: RankExpression = { kind: 'log', of: near(2, { limit: 2 }) };
    expect(found({ rank }, FIVE)).toEqual([
      ['r2', Number.NEGATIVE_INFINITY],
      ['r1', 0],
    ]);
  });

  it('gives none where a score is not a number, and the number where that is only a part', () => {
    const zero = near(2, { limit: 1 });
    const none: RankExpression = { kind: 'div', left: zero, right: zero };
    expect(found({ rank: none }, FIVE)).toBeUndefined();
    expect(found({ rank: { kind: 'max', parts: [none, value(3)] } }, FIVE)).toEqual([['r2', 3]]);
    expect(found({ rank: { kind: 'min', parts: [value(3), none] } }, FIVE)).toEqual([['r2', 3]]);
  });

  it('gives none where the filter cannot be evaluated, or not all of the nearest are found', () => {
    const lacking = {
      ...sourceOf(FIVE),
      *nearest() {
        yield;
        return undefined;
      },
    };
    expect(finish(rankedSearch(search({ rank: near(0) }), lacking))).toBeUndefined();
    const filter = { where: undefined, ids: undefined };
    expect(found({ filter, rank: near(0) }, FIVE)).toBeUndefined();
  });
});

describe('rankedSearch, pages', () => {
  const all = ['r0', 'r1', 'r2', 'r3', 'r4'];
  const pages = [
    [0, undefined, all],
    [1, 2, ['r1', 'r2']],
    [0, 0, []],
    [4, 10, ['r4']],
    [9, 1, []],
  ] as const;

  it.each(pages)('passes over %d records and gives at most %s', (offset, limit, names) => {
    const named = (rank?: RankExpression) => found({ rank, offset, limit }, FIVE)?.map(([name]) => name);
    expect(named(near(0))).toEqual(names);
    expect(named()).toEqual(names);
  });

  it('gives records in the order of their insertion without a rank, with their places on the page', () => {
    expect(found({ offset: 3 }, FIVE)).toEqual([
      ['r3', 0],
      ['r4', 1],
    ]);
  });

  it('keeps to the filter, with a rank and without', () => {
    const filter = { where: undefined, ids: ['r4', 'r1'] };
    expect(found({ filter, rank: near(4) }, FIVE)?.map(([name]) => name)).toEqual(['r4', 'r1']);
    expect(found({ filter }, FIVE)?.map(([name]) => name)).toEqual(['r1', 'r4']);
  });
});

describe('rankedSearch, groups', () => {
  const byScore: GroupOrderKey = { kind: 'score' };
  const grouping = (rest: Partial<Grouping>): Grouping => ({
    ...{ fields: ['g'], keep: 'least', by: [byScore], count: 1 },
    ...rest,
  });
  const names = (rest: Partial<Grouping>, metadatas: readonly (string | undefined)[]) =>
    found({ rank: near(0), groupBy: grouping(rest) }, recordsOf(metadatas))?.map(([name]) => name);

  it('keeps the best of each group, those without the key being one', () => {
    const metadatas = ['{"g":1}', '{"g":2}', '{"g":1}', undefined, '{"x":1}'];
    expect(names({}, metadatas)).toEqual(['r0', 'r1', 'r3']);
    expect(names({ keep: 'greatest' }, metadatas)).toEqual(['r1', 'r2', 'r4']);
    expect(names({ count: 2 }, metadatas)).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);
  });

  it('tells types apart, and -0 from 0 not at all', () => {
    expect(
      names({}, ['{"g":1}', '{"g":1.0}', '{"g":"1"}', '{"g":true}', '{"g":[1]}', '{"g":[1,2]}']),
    ).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5']);
    expect(names({}, ['{"g":0.0}', '{"g":-0.0}'])).toEqual(['r0']);
  });

  it('orders by type, then by value, a missing one being the least', () => {
    const values = ['"b"', '"a"', '"\u{1F600}"', '"\uFFFD"', '[true]', '2.5', '-1', '10', 'false', '[1.5]'];
    const metadatas = [...values.map((text) => `{"g":1,"v":${text}}`), '{"g":1}'];
    const by: GroupOrderKey[] = [{ kind: 'field', name: 'v' }];
    const first = (count: number) => new Set(names({ by, count }, metadatas));
    const order = ['r10', 'r8', 'r6', 'r7', 'r5', 'r1', 'r0', 'r3', 'r2', 'r4', 'r9'];
    order.forEach((_, count) => {
      expect(first(count + 1)).toEqual(new Set(order.slice(0, count + 1)));
    });
  });

  it('lets the next key decide, and then the rank', () => {
    const metadatas = ['{"g":1,"a":1,"b":2}', '{"g":1,"a":1,"b":1}', '{"g":1,"a":1,"b":1}', '{"g":1,"a":2}'];
    const by: GroupOrderKey[] = ['a', 'b'].map((name) => ({ kind: 'field', name }));
    expect(names({ by }, metadatas)).toEqual(['r1']);
    expect(names({ by, keep: 'greatest' }, metadatas)).toEqual(['r3']);
  });

  it('gives none for values that cannot be compared here', () => {
    expect(names({}, ['{"g":9007199254740993}'])).toBeUndefined();
    expect(names({}, ['{"g":[]}'])).toBeUndefined();
    expect(names({}, ['{"other":9007199254740993}'])).toEqual(['r0']);
  });
});

describe('rankedSearch, any expression', () => {
  const number = fc.constantFrom(-2, -1, -0.5, 0, 0.1, 1, 3, 1e30).map(Math.fround);
  const leaf: fc.Arbitrary<RankExpression> = fc.oneof(
    number.map(value),
    fc
      .record({
        limit: fc.integer({ min: 0, max: 12 }),
        otherwise: fc.option(number, { nil: undefined }),
        byPlace: fc.boolean(),
        place: fc.integer({ min: -3, max: 13 }),
      })
      .map(({ place, ...rest }) => near(place + 0.25, rest)),
  );
  const { expression } = fc.letrec<{ expression: RankExpression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({ kind: fc.constantFrom('abs', 'exp', 'log'), of: tie('expression') }),
      fc.record({
        kind: fc.constantFrom('sub', 'div'),
        left: tie('expression'),
        right: tie('expression'),
      }),
      fc.record({
        kind: fc.constantFrom('sum', 'mul', 'max', 'min'),
        parts: fc.array(tie('expression'), { maxLength: 3 }),
      }),
    ),
  }));
  const records = recordsOf(
    Array.from({ length: 10 }, () => undefined),
    [5, 3, 8, 1, 9, 0, 2, 7, 4, 6],
  );

  it('scores each record as evaluating for that record alone would', () => {
    fc.assert(
      fc.property(expression, (rank) => {
        const expected = records.flatMap((record) => {
          const { score, own } = scoreOf(rank, record, records);
          return own && score !== undefined ? [{ record, score }] : [];
        });
        const actual = finish(rankedSearch(search({ rank }), sourceOf(records)));
        if (expected.some(({ score }) => Number.isNaN(score))) expect(actual).toBeUndefined();
        else expect(new Set(actual)).toEqual(new Set(expected));
        const scores = (actual ?? []).map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((a, b) => (a === b ? 0 : a < b ? -1 : 1)));
      }),
      { numRuns: 2_000 },
    );
  });
});

interface OneScore {
  readonly score: number | undefined;
  /** A part that searches for the nearest found the record. */
  readonly own: boolean;
}

const OPERATIONS = {
  sub: (a: number, b: number) => a - b,
  div: (a: number, b: number) => a / b,
  sum: (a: number, b: number) => a + b,
  mul: (a: number, b: number) => a * b,
  max: (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  min: (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
};

function scoreOf(rank: RankExpression, record: TestRecord, records: readonly TestRecord[]): OneScore {
  const both = (kind: keyof typeof OPERATIONS) => (left: OneScore, right: OneScore) => {
    if (left.score === undefined || right.score === undefined) return { score: undefined, own: false };
    const score = Math.fround(OPERATIONS[kind](left.score, right.score));
    return { score, own: left.own || right.own };
  };
  switch (rank.kind) {
    case 'value':
      return { score: rank.value, own: false };
    case 'nearest': {
      const list = nearestOf(rank.vector, rank.limit, records);
      const place = list.findIndex((neighbour) => neighbour.record === record);
      if (place < 0) return { score: rank.otherwise, own: false };
      return { score: rank.byPlace ? place : list[place]?.distance, own: true };
    }
    case 'abs':
    case 'exp':
    case 'log': {
      const { score, own } = scoreOf(rank.of, record, records);
      return { score: score === undefined ? undefined : Math.fround(Math[rank.kind](score)), own };
    }
    case 'sub':
    case 'div':
      return both(rank.kind)(scoreOf(rank.left, record, records), scoreOf(rank.right, record, records));
    case 'sum':
    case 'mul':
    case 'max':
    case 'min': {
      const greatest = Math.fround(3.4028234663852886e38);
      const first = { sum: 0, mul: 1, max: -greatest, min: greatest }[rank.kind];
      const parts = rank.parts.map((part) => scoreOf(part, record, records));
      return parts.reduce<OneScore>(both(rank.kind), { score: first, own: false });
    }
  }
}
