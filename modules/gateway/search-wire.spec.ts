import { describe, expect, it } from '@jest/globals';
import type { RankedSearch, RankExpression } from '../vector/ranked-search.js';
import { readSearchWire } from './search-wire.js';

const read = (text: string) => readSearchWire(Buffer.from(text));
const kindOf = (search: string) => read(`{"searches":[${search}]}`).kind;

function requestOf(body: string) {
  const { request } = read(body);
  if (request?.kind !== 'ranked') throw new Error(`no search: ${body}`);
  return request;
}

function searchOf(search: string): RankedSearch {
  const [first] = requestOf(`{"searches":[${search}]}`).searches;
  if (first === undefined) throw new Error('no search');
  return first;
}

const rankOf = (rank: string) => searchOf(`{"rank":${rank}}`).rank;
const rankKind = (rank: string) => kindOf(`{"rank":${rank}}`);
const nested = (depth: number) => `${'{"$abs":'.repeat(depth - 1)}{"$val":1}${'}'.repeat(depth - 1)}`;

const value = (number: number): RankExpression => ({ kind: 'value', value: number });

describe('readSearchWire', () => {
  it('reads an empty search with the defaults of ChromaDB', () => {
    expect(requestOf('{"searches":[{}]}')).toEqual({
      kind: 'ranked',
      dimension: undefined,
      searches: [
        {
          filter: undefined,
          rank: undefined,
          groupBy: undefined,
          offset: 0,
          limit: undefined,
          select: { documents: false, embeddings: false, metadata: false, scores: false, fields: [] },
        },
      ],
    });
  });

  it('takes parts that say nothing for none', () => {
    expect(
      searchOf('{"filter":{},"rank":null,"group_by":{},"limit":{"limit":null},"select":{"keys":[]}}'),
    ).toEqual(searchOf('{}'));
    expect(
      searchOf('{"filter":null,"group_by":{"keys":[],"aggregate":null},"limit":{},"select":{}}'),
    ).toEqual(searchOf('{}'));
  });

  it('reads several searches, members in any order', () => {
    const { searches, dimension } = requestOf(
      ' {"read_level":"index_only","searches":' +
        '[{"limit":{"offset":2,"limit":3}},{"rank":{"$knn":{"query":[1,2]}}}]} ',
    );
    expect(searches.map(({ offset, limit }) => [offset, limit])).toEqual([
      [2, 3],
      [0, undefined],
    ]);
    expect(dimension).toBe(2);
  });

  it.each(['', '{', '[]', 'null', '{}', '{"searches":[]}', '{"searches":{}}', '{"searches":[null]}'])(
    'leaves the body %j to ChromaDB',
    (body) => {
      expect(read(body).kind).toBe('opaque');
    },
  );

  it.each(['"zzz":1', '"searches":[{}]', '"read_level":"all"', '"read_level":null'])(
    'leaves a body with %s to ChromaDB',
    (member) => {
      expect(read(`{"searches":[{}],${member}}`).kind).toBe('opaque');
    },
  );

  it.each([
    '{"zzz":1}',
    '{"__proto__":{}}',
    '{"limit":{},"limit":{}}',
    '{"limit":null}',
    '{"limit":5}',
    '{"limit":{"limit":-1}}',
    '{"limit":{"limit":1.0}}',
    '{"limit":{"limit":4294967296}}',
    '{"limit":{"offset":null}}',
    '{"select":null}',
    '{"select":["#score"]}',
    '{"select":{"keys":null}}',
    '{"select":{"keys":[1]}}',
  ])('leaves the search %s to ChromaDB', (search) => {
    expect(kindOf(search)).toBe('opaque');
  });

  it('reads what is selected, each key once', () => {
    const keys = '["#score","b","#metadata","a","#document","b","#id","#embedding"]';
    expect(searchOf(`{"select":{"keys":${keys}}}`).select).toEqual({
      documents: true,
      embeddings: true,
      metadata: true,
      scores: true,
      fields: ['b', 'a', '#id'],
    });
  });
});

describe('readSearchWire, rank', () => {
  it('reads a search for the nearest with the defaults of ChromaDB', () => {
    expect(rankOf('{"$knn":{"query":[1,0.1]}}')).toEqual({
      kind: 'nearest',
      vector: Float32Array.of(1, 0.1),
      limit: 16,
      otherwise: undefined,
      byPlace: false,
    });
  });

  it('reads all that a search for the nearest may say', () => {
    const rest = '"key":"#embedding","limit":0,"default":2.5,"return_rank":true';
    expect(rankOf(`{"$knn":{${rest},"query":[1]}}`)).toEqual({
      kind: 'nearest',
      vector: Float32Array.of(1),
      limit: 0,
      otherwise: 2.5,
      byPlace: true,
    });
    expect(rankOf('{"$knn":{"query":[1],"default":null}}')).toMatchObject({ otherwise: undefined });
  });

  it.each(['abs', 'exp', 'log'] as const)('reads $%s', (kind) => {
    expect(rankOf(`{"$${kind}":{"$val":-2}}`)).toEqual({ kind, of: value(-2) });
  });

  it.each(['sub', 'div'] as const)('reads $%s', (kind) => {
    expect(rankOf(`{"$${kind}":{"right":{"$val":2},"left":{"$val":1}}}`)).toEqual({
      kind,
      left: value(1),
      right: value(2),
    });
  });

  it.each(['sum', 'mul', 'max', 'min'] as const)('reads $%s of any number of parts', (kind) => {
    expect(rankOf(`{"$${kind}":[]}`)).toEqual({ kind, parts: [] });
    expect(rankOf(`{"$${kind}":[{"$val":1},{"$abs":{"$val":2}}]}`)).toEqual({
      kind,
      parts: [value(1), { kind: 'abs', of: value(2) }],
    });
  });

  it('rounds numbers to float32', () => {
    expect(rankOf('{"$val":0.1}')).toEqual(value(Math.fround(0.1)));
  });

  it('leaves vectors of several lengths to ChromaDB, also in several searches', () => {
    const one = '{"rank":{"$knn":{"query":[1]}}}';
    const two = '{"rank":{"$knn":{"query":[1,2]}}}';
    expect(read(`{"searches":[${one},${one}]}`).kind).toBe('answerable');
    expect(read(`{"searches":[${one},${two}]}`).kind).toBe('opaque');
  });

  it('leaves to ChromaDB what is nested deeper than anybody writes', () => {
    expect(rankKind(nested(32))).toBe('answerable');
    expect(rankKind(nested(33))).toBe('opaque');
    expect(rankKind(nested(100_000))).toBe('opaque');
  });

  it.each([
    '{}',
    '[]',
    '1',
    '{"$val":1,"$abs":{"$val":1}}',
    '{"$val":null}',
    '{"$val":"1"}',
    '{"$val":1e39}',
    '{"$pow":{"$val":1}}',
    '{"$abs":[{"$val":1}]}',
    '{"$abs":null}',
    '{"$sub":{"left":{"$val":1}}}',
    '{"$sub":[{"$val":1},{"$val":2}]}',
    '{"$sub":{"left":{"$val":1},"right":{"$val":1},"middle":{"$val":1}}}',
    '{"$sum":{"$val":1}}',
    '{"$sum":[1]}',
    '{"$knn":{}}',
    '{"$knn":{"query":[]}}',
    '{"$knn":{"query":null}}',
    '{"$knn":{"query":"text"}}',
    '{"$knn":{"query":[[1]]}}',
    '{"$knn":{"query":[1e39]}}',
    '{"$knn":{"query":{"indices":[1],"values":[1]},"key":"sparse"}}',
    '{"$knn":{"query":[1],"key":"other"}}',
    '{"$knn":{"query":[1],"limit":-1}}',
    '{"$knn":{"query":[1],"limit":null}}',
    '{"$knn":{"query":[1],"default":"0"}}',
    '{"$knn":{"query":[1],"return_rank":1}}',
    '{"$knn":{"query":[1],"k":1}}',
  ])('leaves %s to ChromaDB', (rank) => {
    expect(rankKind(rank)).toBe('opaque');
  });
});

describe('readSearchWire, groups', () => {
  const grouped = (groupBy: string) => `{"rank":{"$val":1},"group_by":${groupBy}}`;

  it.each([
    ['$min_k', 'least'],
    ['$max_k', 'greatest'],
  ])('reads %s', (operator, keep) => {
    const groupBy = `{"keys":["a","b"],"aggregate":{"${operator}":{"keys":["#score","c"],"k":2}}}`;
    expect(searchOf(grouped(groupBy)).groupBy).toEqual({
      fields: ['a', 'b'],
      keep,
      by: [{ kind: 'score' }, { kind: 'field', name: 'c' }],
      count: 2,
    });
  });

  it('leaves groups without a rank to ChromaDB', () => {
    const groupBy = '{"keys":["a"],"aggregate":{"$min_k":{"keys":["#score"],"k":1}}}';
    expect(kindOf(`{"group_by":${groupBy}}`)).toBe('opaque');
  });

  it.each([
    'null',
    '{"keys":["a"]}',
    '{"aggregate":{"$min_k":{"keys":["#score"],"k":1}}}',
    '{"keys":["#score"],"aggregate":{"$min_k":{"keys":["#score"],"k":1}}}',
    '{"keys":["#id"],"aggregate":{"$min_k":{"keys":["#score"],"k":1}}}',
    '{"keys":["a"],"aggregate":{"$min_k":{"keys":["#document"],"k":1}}}',
    '{"keys":["a"],"aggregate":{"$min_k":{"keys":[],"k":1}}}',
    '{"keys":["a"],"aggregate":{"$min_k":{"keys":["#score"],"k":0}}}',
    '{"keys":["a"],"aggregate":{"$min_k":{"keys":["#score"]}}}',
    '{"keys":["a"],"aggregate":{"$sum":{"keys":["#score"],"k":1}}}',
    '{"keys":["a"],"aggregate":{}}',
    '{"keys":"a","aggregate":{"$min_k":{"keys":["#score"],"k":1}}}',
  ])('leaves %s to ChromaDB', (groupBy) => {
    expect(kindOf(grouped(groupBy))).toBe('opaque');
  });
});

describe('readSearchWire, filters', () => {
  const filterOf = (filter: string) => searchOf(`{"filter":${filter}}`).filter;
  const filterKind = (filter: string) => kindOf(`{"filter":${filter}}`);
  const number = { kind: 'comparison', key: 'a', operator: '$gt', operand: { type: 'int', value: 1 } };
  const document = { kind: 'document', negated: false, text: 'x' };
  const anything = { kind: 'and', children: [] };

  it('reads a where, conditions on documents too', () => {
    expect(filterOf('{"a":{"$gt":1}}')).toEqual({ where: number, ids: undefined });
    expect(filterOf('{"#document":{"$contains":"x"}}')).toEqual({ where: document, ids: undefined });
    expect(filterOf('{"$and":[{"a":{"$gt":1}},{"#document":{"$contains":"x"}}]}')).toEqual({
      where: { kind: 'and', children: [number, document] },
      ids: undefined,
    });
  });

  it.each([
    ['{"#id":"a"}', ['a']],
    ['{"#id":{"$eq":"a"}}', ['a']],
    ['{"#id":{"$in":["a","b"]}}', ['a', 'b']],
    ['{"$and":[{"#id":{"$in":["a","b","c"]}},{"#id":{"$in":["c","b"]}}]}', ['b', 'c']],
  ])('reads the named records of %s, to pass over the unknown ones', (filter, ids) => {
    expect(filterOf(filter)).toEqual({ where: anything, ids });
  });

  it('reads named records beside other conditions', () => {
    expect(filterOf('{"$and":[{"a":{"$gt":1}},{"#id":{"$in":["b"]}}]}')).toEqual({
      where: { kind: 'and', children: [number] },
      ids: ['b'],
    });
  });

  it.each([
    '{"a":1,"b":2}',
    '{"a":{"$near":1}}',
    '{"$or":[{"#id":"a"}]}',
    '{"$and":[{"$and":[{"#id":"a"}]}]}',
  ])('leaves %s to ChromaDB', (filter) => {
    expect(filterKind(filter)).toBe('unsupported-filter');
  });

  it.each([
    '[]',
    '1',
    '"a"',
    '{"#id":1}',
    '{"#id":{"$ne":"a"}}',
    '{"#id":{"$in":[]}}',
    '{"#id":{"$in":[1]}}',
    '{"$and":[],"$or":[]}',
    `${'{"$and":['.repeat(100)}{"a":1}${']}'.repeat(100)}`,
  ])('leaves %s to ChromaDB', (filter) => {
    expect(filterKind(filter)).toBe('opaque');
  });
});
