import { describe, expect, it } from '@jest/globals';
import { matchRoute } from './chroma-routes.js';

const COLLECTION = '/api/v2/tenants/t/databases/d/collections/c';

describe('matchRoute', () => {
  it('finds a route and decodes its parameters', () => {
    expect(matchRoute('POST', '/api/v2/tenants/a%20b/databases/d/collections/c/query?x=1')).toEqual({
      name: 'query',
      params: { tenant: 'a b', database: 'd', collection: 'c' },
    });
  });

  it.each([
    ['POST', `${COLLECTION}/%71uery`, 'other-change'],
    ['POST', `${COLLECTION}/query/`, 'other-change'],
    ['GET', `${COLLECTION}/search`, 'other-safe'],
    ['POST', `/${COLLECTION}/query`, 'other-change'],
    ['GET', `${COLLECTION}/query`, 'other-safe'],
    ['GET', `${COLLECTION}/get`, 'other-safe'],
    ['HEAD', `${COLLECTION}/count`, 'other-safe'],
    ['POST', `${COLLECTION}/count`, 'other-change'],
    ['POST', `${COLLECTION}/functions/attach`, 'other-change'],
    ['HEAD', COLLECTION, 'other-safe'],
    ['POST', '/api/v2/tenants/%zz/databases/d/collections/c/add', 'other-change'],
  ])('%s %s is %s', (method, path, name) => {
    expect(matchRoute(method, path)).toEqual({ name, params: {} });
  });

  it.each([
    ['POST', 'query'],
    ['POST', 'get'],
    ['GET', 'count'],
  ])('names %s …/%s by itself', (method, name) => {
    expect(matchRoute(method, `${COLLECTION}/${name}`).name).toBe(name);
  });

  it('lets a parameter be empty, as ChromaDB does', () => {
    expect(matchRoute('POST', '/api/v2/tenants//databases/d/collections/c/query').name).toBe('query');
  });

  it.each(['query', 'search'])('tells %s from other reads', (name) => {
    expect(matchRoute('POST', `${COLLECTION}/${name}`).name).toBe(name);
  });

  it('leaves the fragment out, as ChromaDB does', () => {
    expect(matchRoute('POST', `${COLLECTION}/add#fragment`).name).toBe('add');
  });
});
