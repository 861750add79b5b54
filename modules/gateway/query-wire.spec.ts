import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish } from '../hot/finish.js';
import { readQueryVectors } from '../hot/query-vectors.js';
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

const textOf = ({ vectors }: NearestRequest) => Buffer.from(vectors).toString();

/** Bytes that hold a body together, and some that do not belong into vectors. */
const GLUE = ['[', ']', '{', '}', ',', ':', '"', '\\', ' ', '1', '-', '.', 'e', 'null', '"]"', '[]', '\n'];

/** A query's body in which a few bytes were replaced, removed or put in. */
const disturbedBody = fc
  .tuple(
    fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 }), {
      maxLength: 3,
    }),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...GLUE)), { maxLength: 3 }),
  )
  .map(([vectors, changes]) => {
    let text = JSON.stringify({ n_results: 3, query_embeddings: vectors, include: ['uris'] });
    for (const [place, removed, put] of changes) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + put + text.slice(at + removed);
    }
    return text;
  });

describe('readQueryWire', () => {
  it('reads a search with the defaults of ChromaDB', () => {
    expect(searchOf(`{${VECTORS}}`)).toEqual({
      kind: 'nearest',
      vectors: Buffer.from('[[1,2,3]]'),
      count: 1,
      limit: 10,
      include: ['documents', 'metadatas', 'distances'],
    });
  });

  it('counts vectors and leaves them as they are', () => {
    const search = searchOf('{"query_embeddings":[[1,2],[3,4],[5,6]],"n_results":2}');
    expect([search.count, search.limit, textOf(search)]).toEqual([3, 2, '[[1,2],[3,4],[5,6]]']);
  });

  it('takes members in any order, with white space and escaped keys', () => {
    const search = searchOf('\n{ "n\\u005fresults" : 3 , "query\\u005fembeddings" : [ [ 1 ] ] }\t');
    expect([search.limit, search.count, textOf(search)]).toEqual([3, 1, '[ [ 1 ] ]']);
  });

  it.each(['[]', 'null', '3', '"a"', '[1]', '[[[1]]]', '[["]"]]', '[null]', '{}'])(
    'leaves the vectors %s to ChromaDB, which may refuse their type',
    (vectors) => {
      expect(kindOf(`{"query_embeddings":${vectors}}`)).toBe('opaque');
    },
  );

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

  it('never reads another search out of a body than JSON.parse does', () => {
    let read = 0;
    fc.assert(
      fc.property(disturbedBody, (text) => {
        const { request } = readQueryWire(Buffer.from(text));
        if (request?.kind !== 'nearest') return;
        const vectors = finish(readQueryVectors(request.vectors, request.count, 2));
        if (typeof vectors === 'string') return;
        read++;
        const body = JSON.parse(text) as { query_embeddings: number[][]; n_results?: number | null };
        expect(vectors.map((vector) => Array.from(vector))).toEqual(
          body.query_embeddings.map((vector) => vector.map(Math.fround)),
        );
        expect(request.limit).toBe(body.n_results ?? 10);
      }),
      { numRuns: 5_000 },
    );
    expect(read).toBeGreaterThan(500);
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
