import { describe, expect, it } from '@jest/globals';
import { readExplainRequest } from './explain-request.js';

const ID = '18f7e81e-d1ef-4e86-863d-02cf7dc2bf09';
const QUERY = { query_embeddings: [[1, 2]], n_results: 3 };
const PLAIN = { collection: ID, query: QUERY };

describe('readExplainRequest', () => {
  it('makes the query that a caller would have sent', () => {
    const { target, query, run } = readExplainRequest(PLAIN, ['x-chroma-token', 'of the operator']);
    expect(run).toBe(false);
    expect(target).toEqual({ tenant: 'default_tenant', database: 'default_database', id: ID });
    expect(query).toMatchObject({ target, forced: false, maxStalenessMs: undefined, callerKey: '' });
    expect(query.call).toMatchObject({
      kind: 'read',
      method: 'POST',
      path: `/api/v2/tenants/default_tenant/databases/default_database/collections/${ID}/query`,
      headers: ['content-type', 'application/json', 'x-chroma-token', 'of the operator'],
    });
    expect(JSON.parse(query.body.toString())).toEqual(QUERY);
    expect(query.read()).toMatchObject({ kind: 'answerable', request: { limit: 3, count: 1 } });
  });

  it('takes the path and the headers into account', () => {
    const headers = { caller: 'me', tier: 'chroma', maxStaleness: 500 };
    const given = { ...PLAIN, tenant: 'a/b', database: 'ü', headers, run: true };
    const { query, run } = readExplainRequest(given, []);
    expect(run).toBe(true);
    expect(query).toMatchObject({ callerKey: 'me', forced: true, maxStalenessMs: 500 });
    expect(query.call.path).toContain('/tenants/a%2Fb/databases/%C3%BC/');
    expect(readExplainRequest({ ...PLAIN, headers: { maxStaleness: '7' } }, []).query.maxStalenessMs).toBe(7);
  });

  it('leaves the query to be judged as any other', () => {
    expect(readExplainRequest({ ...PLAIN, query: { n_results: 3 } }, []).query.read().kind).toBe('opaque');
  });

  it.each([
    ['the body is no object', undefined],
    ['the body is no object', []],
    ['the body has no member "id"', { ...PLAIN, id: ID }],
    ['"collection" is no UUID', { query: QUERY }],
    ['"collection" is no UUID', { ...PLAIN, collection: 'a-name' }],
    ['"collection" is no string', { ...PLAIN, collection: 7 }],
    ['"tenant" is no string', { ...PLAIN, tenant: null }],
    ['"query" is no object', { collection: ID }],
    ['"query" is no object', { ...PLAIN, query: '{}' }],
    ['"run" is neither true nor false', { ...PLAIN, run: 'yes' }],
    ['"headers" is no object', { ...PLAIN, headers: [] }],
    ['"headers" has no member "x-tidegate-tier"', { ...PLAIN, headers: { 'x-tidegate-tier': 'chroma' } }],
    ['x-tidegate-tier is "mirror"', { ...PLAIN, headers: { tier: 'mirror' } }],
    ['x-tidegate-max-staleness is "-1"', { ...PLAIN, headers: { maxStaleness: -1 } }],
  ])('says that %s', (message, body) => {
    expect(() => readExplainRequest(body, [])).toThrow(
      expect.objectContaining({ code: 'bad-request', message }),
    );
  });
});
