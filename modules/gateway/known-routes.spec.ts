import { describe, expect, it } from '@jest/globals';
import { matchRoute } from './chroma-routes.js';
import { KnownRoutes } from './known-routes.js';

const COLLECTION = '/api/v2/tenants/t/databases/d/collections/c';

describe('KnownRoutes', () => {
  it.each([
    ['POST', `${COLLECTION}/query`],
    ['GET', `${COLLECTION}/query`],
    ['GET', `${COLLECTION}/count?a=b`],
    ['DELETE', COLLECTION],
    ['POST', '/somewhere'],
    ['POST', `${COLLECTION}${'x'.repeat(2_000)}/query`],
  ])('matches %s %s as the table of routes does, each time', (method, target) => {
    const routes = new KnownRoutes();
    for (let time = 0; time < 2; time++)
      expect(routes.match(method, target)).toEqual(matchRoute(method, target));
  });

  it('matches a target only once', () => {
    const routes = new KnownRoutes();
    expect(routes.match('POST', `${COLLECTION}/query`)).toBe(routes.match('POST', `${COLLECTION}/query`));
  });

  it('remembers a bounded number of targets, and none that is long', () => {
    const routes = new KnownRoutes();
    for (let number = 0; number < 2_000; number++) routes.match('POST', `${COLLECTION}${number}/query`);
    expect(routes.size).toBe(1_000);
    expect(routes.match('POST', `${COLLECTION}0/query`).params).toMatchObject({ collection: 'c0' });
    const before = routes.size;
    routes.match('POST', 'x'.repeat(2_000));
    expect(routes.size).toBe(before);
  });
});
