import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NearestRequest } from '../vector/read-request.js';
import { readQueryWire } from './query-wire.js';

const VECTORS = '"query_embeddings":[[1,2,3]]';

const kindOf = (text: string) => readQueryWire(Buffer.from(text)).kind;
const kindWith = (member: string) => kindOf(`{${VECTORS},${member}}`);

function searchOf(text: string): NearestRequest {
  const { request } = readQueryWire(Buffer.from(text));
  if (request?.kind !== 'nearest') throw new Error(`no search: ${text}`);
  return request;
}

const searchWith = (member: string) => searchOf(`{${VECTORS},${member}}`);

/** The double between two neighbouring float32: the tie that decides how a number is rounded. */
const betweenFloats = fc
  .tuple(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-5), max: 1e6 }), fc.boolean())
  .map(([value, negative]) => {
    const float = Float32Array.of(value);
    const bits = new Uint32Array(float.buffer);
    bits[0] = (bits[0] ?? 0) + 1;
    const between = (value + (float[0] ?? 0)) / 2;
    return negative ? -between : between;
  });

function expectFloatsOf(values: readonly number[]): void {
  const text = JSON.stringify(values);
  const parsed = JSON.parse(text) as number[];
  expect(Array.from(searchOf(`{"query_embeddings":[${text}]}`).vectors)).toEqual(parsed.map(Math.fround));
}

describe('readQueryWire', () => {
  it('reads a search with the defaults of ChromaDB', () => {
    expect(searchOf(`{${VECTORS}}`)).toEqual({
      kind: 'nearest',
      vectors: Float32Array.of(1, 2, 3),
      count: 1,
      dimension: 3,
      limit: 10,
      include: ['documents', 'metadatas', 'distances'],
    });
  });

  it('reads several vectors end to end', () => {
    const search = searchOf('{"query_embeddings":[[1,2],[3,4],[5,6]]}');
    expect([search.count, search.dimension]).toEqual([3, 2]);
    expect(search.vectors).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  it('takes members in any order, with white space and escaped keys', () => {
    const search = searchOf('\n{ "n\\u005fresults" : 3 , "query\\u005fembeddings" : [ [ 1 ] ] }\t');
    expect([search.limit, search.dimension]).toEqual([3, 1]);
  });

  it.each(['[]', '[[]]', '[[],[]]', '[[1],[]]', '[[],[1]]', '[[1,2],[3]]', '[[1],[2,3],[4]]'])(
    'leaves the vectors %s to ChromaDB',
    (vectors) => {
      expect(kindOf(`{"query_embeddings":${vectors}}`)).toBe('opaque');
    },
  );

  it.each(['null', '3', '"a"', '[1]', '[[[1]]]', '[["1"]]', '[[null]]', '[[true]]', '[null]', '{}'])(
    'leaves the vectors %s to ChromaDB, which may refuse their type',
    (vectors) => {
      expect(kindOf(`{"query_embeddings":${vectors}}`)).toBe('opaque');
    },
  );

  it.each(['1e39', '-1e39', '1e400', '3.5e38'])('leaves %s, which is no finite float32', (number) => {
    expect(kindOf(`{"query_embeddings":[[0,${number}]]}`)).toBe('opaque');
  });

  it('keeps what rounds to a finite float32', () => {
    expect(searchOf('{"query_embeddings":[[1e38,1e-46,-0]]}').vectors).toEqual(Float32Array.of(1e38, 0, -0));
  });

  it.each(['', '[]', 'null', '{', '{}', '{"n_results":1}', `{${VECTORS},}`, `{${VECTORS}`, `{${VECTORS}}}`])(
    'leaves the body %j to ChromaDB',
    (body) => {
      expect(kindOf(body)).toBe('opaque');
    },
  );

  it.each([`{${VECTORS}} x`, `{${VECTORS}}{}`, `\uFEFF{${VECTORS}}`])('leaves %j to ChromaDB', (body) => {
    expect(kindOf(body)).toBe('opaque');
  });

  it.each(['"zzz":1', '"N_RESULTS":2', '"__proto__":null', '"zzz":{"a":[null]}'])(
    'leaves a body with the unknown key of %s to ChromaDB',
    (member) => {
      expect(kindWith(member)).toBe('opaque');
    },
  );

  it.each([
    VECTORS,
    '"n_results":1,"n_results":1',
    '"n_results":1,"n\\u005fresults":1',
    '"include":[],"include":[]',
    '"where":null,"where":null',
  ])('leaves a body with a repeated key (%s) to ChromaDB', (members) => {
    expect(kindWith(members)).toBe('opaque');
  });

  it('agrees with JSON.parse on every float', () => {
    const number = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, min: -3e38, max: 3e38 }),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (values) => {
        expectFloatsOf(values);
      }),
      { numRuns: 1_000 },
    );
  });

  it('agrees with JSON.parse on numbers halfway between two float32', () => {
    fc.assert(
      fc.property(fc.array(betweenFloats, { minLength: 1 }), (values) => {
        expectFloatsOf(values);
      }),
    );
  });
});

describe('readQueryWire, n_results', () => {
  it.each([
    ['null', 10],
    ['0', 0],
    ['1', 1],
    ['4294967295', 4_294_967_295],
  ])('reads %s as %p', (text, limit) => {
    expect(searchWith(`"n_results":${text}`).limit).toBe(limit);
  });

  it.each(['2.0', '-1', '-0', '"3"', '1e3', '2E0', '4294967296', '1e400', 'true', '[3]', '{}', '03', '+1'])(
    'leaves %s to ChromaDB',
    (text) => {
      expect(kindWith(`"n_results":${text}`)).toBe('opaque');
    },
  );
});

describe('readQueryWire, include', () => {
  it.each([
    [[]],
    [['uris', 'embeddings']],
    [['distances', 'documents', 'distances']],
    [['distances', 'documents', 'embeddings', 'metadatas', 'uris']],
  ])('keeps %j as the caller listed it', (include: string[]) => {
    expect(searchWith(`"include":${JSON.stringify(include)}`).include).toEqual(include);
  });

  it.each(['null', '"distances"', '["data"]', '["Distances"]', '[1]', '[null]', '[["distances"]]', '{}'])(
    'leaves %s to ChromaDB',
    (include) => {
      expect(kindWith(`"include":${include}`)).toBe('opaque');
    },
  );
});

describe('readQueryWire, filters', () => {
  it.each(['where', 'where_document', 'ids'])('takes a null %s for none', (key) => {
    expect(searchWith(`"${key}":null`).filter).toBeUndefined();
  });

  it('reads ids, an empty list too', () => {
    expect(searchWith('"ids":["a","b","a"]').filter).toEqual({ where: undefined, ids: ['a', 'b', 'a'] });
    expect(searchWith('"ids":[]').filter).toEqual({ where: undefined, ids: [] });
  });

  it.each([
    [62, 'answerable'],
    [63, 'opaque'],
    [100_000, 'opaque'],
  ])('of a filter nested %d deep, is %s: ChromaDB refuses JSON that is nested too deeply', (depth, kind) => {
    const where = `${'{"$and":['.repeat(depth)}{"a":1}${']}'.repeat(depth)}`;
    expect(kindWith(`"where":${where}`)).toBe(kind);
  });

  it('reads where and where_document, which must both hold', () => {
    const number = { kind: 'comparison', key: 'a', operator: '$gt', operand: { type: 'int', value: 1 } };
    const document = { kind: 'document', negated: false, text: 'x' };
    expect(searchWith('"where":{"a":{"$gt":1}}').filter?.where).toEqual(number);
    expect(searchWith('"where_document":{"$contains":"x"}').filter?.where).toEqual(document);
    expect(searchWith('"where_document":{"$contains":"x"},"where":{"a":{"$gt":1}}').filter?.where).toEqual({
      kind: 'and',
      children: [number, document],
    });
  });

  it.each([
    '"where":{}',
    '"where":[]',
    '"where":"a"',
    '"where":{"a":1,"b":2}',
    '"where":{"a":{"$near":1}}',
    '"where_document":{"$regex":["x"]}',
    '"where_document":{"$contains":3}',
  ])('leaves %s to ChromaDB', (member) => {
    expect(kindWith(member)).toBe('unsupported-filter');
  });

  it.each(['"ids":"a"', '"ids":[1]', '"where":{"a":1},"n_results":-1', '"where":{"a":1},"where":null'])(
    'leaves a body with %s to ChromaDB',
    (member) => {
      expect(kindWith(member)).toBe('opaque');
    },
  );
});
