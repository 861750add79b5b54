import { describe, expect, it } from '@jest/globals';
import type { RecordsRequest } from '../vector/read-request.js';
import { readGetWire } from './get-wire.js';

const kindOf = (text: string) => readGetWire(Buffer.from(text)).kind;

function requestOf(text: string): RecordsRequest {
  const { request } = readGetWire(Buffer.from(text));
  if (request?.kind !== 'records') throw new Error(`no request for records: ${text}`);
  return request;
}

describe('readGetWire', () => {
  it('reads an empty body with the defaults of ChromaDB', () => {
    expect(requestOf('{}')).toEqual({
      kind: 'records',
      limit: undefined,
      offset: 0,
      include: ['documents', 'metadatas'],
      filter: undefined,
    });
  });

  it.each(['limit', 'offset', 'ids', 'where', 'where_document'])('takes a null %s for none', (key) => {
    expect(requestOf(`{"${key}":null}`)).toEqual(requestOf('{}'));
  });

  it.each([0, 1, 4_294_967_295])('reads the limit and the offset %p', (number) => {
    expect(requestOf(`{"limit":${number},"offset":${number}}`)).toMatchObject({
      limit: number,
      offset: number,
    });
  });

  it.each(['-1', '-0', '1.0', '1e3', '"1"', '4294967296', 'true', '[1]', '{}'])(
    'leaves the limit and the offset %s to ChromaDB',
    (text) => {
      expect([kindOf(`{"limit":${text}}`), kindOf(`{"offset":${text}}`)]).toEqual(['opaque', 'opaque']);
    },
  );

  it.each([[[]], [['distances']], [['uris', 'embeddings', 'uris']]])(
    'keeps the include %j as the caller listed it, distances too',
    (include: string[]) => {
      expect(requestOf(JSON.stringify({ include })).include).toEqual(include);
    },
  );

  it('reads ids, unknown and repeated ones and none at all', () => {
    expect(requestOf('{"ids":["b","a","b"]}').filter).toEqual({ where: undefined, ids: ['b', 'a', 'b'] });
    expect(requestOf('{"ids":[]}').filter).toEqual({ where: undefined, ids: [] });
  });

  it('reads where and where_document, which must both hold', () => {
    const { filter } = requestOf('{"where":{"a":1},"where_document":{"$contains":"x"},"ids":["a"]}');
    expect(filter).toEqual({
      ids: ['a'],
      where: {
        kind: 'and',
        children: [
          { kind: 'comparison', key: 'a', operator: '$eq', operand: { type: 'int', value: 1 } },
          { kind: 'document', negated: false, text: 'x' },
        ],
      },
    });
  });

  it.each([
    '',
    '[]',
    'null',
    '{} x',
    '{"limit":1,"limit":1}',
    '{"include":null}',
    '{"include":"documents"}',
    '{"include":["data"]}',
    '{"ids":"a"}',
    '{"ids":[1]}',
    '{"n_results":1}',
    '{"query_embeddings":[[1]]}',
    '{"zzz":null}',
  ])('leaves the body %j to ChromaDB', (body) => {
    expect(kindOf(body)).toBe('opaque');
  });

  it.each([
    '{"where":{}}',
    '{"where_document":{"$regex":"(?x)a"}}',
    JSON.stringify({ ids: Array.from({ length: 30_001 }, () => 'a') }),
    JSON.stringify({ where: { $and: Array.from({ length: 500 }, () => ({ a: 1 })) } }),
  ])('leaves a filter to ChromaDB that is malformed, not evaluated here, or too large', (body) => {
    expect(kindOf(body)).toBe('unsupported-filter');
  });
});
