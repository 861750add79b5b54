import { DEFAULT_DATABASE } from '../support/http.js';
import { bare, JSON_TYPE, recordsPath, VECTOR, type WireCase } from './wire-case.js';

const QUERY = JSON.stringify({ query_embeddings: [VECTOR], n_results: 2 });
const UNKNOWN_ID = '5c1f6a1e-7a56-4b78-9d2e-1f2e3a4b5c6d';

function queryAt(name: string, path: (filled: string) => string): WireCase {
  return {
    name: `query at ${name}`,
    call: ({ filled }) => ({ method: 'POST', path: path(filled), headers: JSON_TYPE, body: QUERY }),
  };
}

/** The filled collection named in other ways. */
const COLLECTION_IDS: readonly WireCase[] = [
  queryAt('an id in capitals', (id) => recordsPath(id.toUpperCase(), 'query')),
  queryAt('an id without hyphens', (id) => recordsPath(id.replaceAll('-', ''), 'query')),
  queryAt('an id in braces', (id) => recordsPath(`%7B${id}%7D`, 'query')),
  queryAt('an id as URN', (id) => recordsPath(`urn:uuid:${id}`, 'query')),
  queryAt('an id with one encoded letter', (id) =>
    recordsPath(`%${id.charCodeAt(0).toString(16)}${id.slice(1)}`, 'query'),
  ),
  queryAt('an id with encoded hyphens', (id) => recordsPath(id.replaceAll('-', '%2D'), 'query')),
  queryAt('an id with a blank behind', (id) => recordsPath(`${id}%20`, 'query')),
  queryAt('half an id', (id) => recordsPath(id.slice(0, 18), 'query')),
  queryAt('the name in place of the id', () => recordsPath('wire-filled', 'query')),
  queryAt('no UUID', () => recordsPath('nope', 'query')),
  queryAt('an empty id', () => recordsPath('', 'query')),
  queryAt('an unknown id', () => recordsPath(UNKNOWN_ID, 'query')),
  queryAt('the nil UUID', () => recordsPath('00000000-0000-0000-0000-000000000000', 'query')),
  queryAt('an id with an invalid escape', (id) => recordsPath(`${id.slice(0, -1)}%zz`, 'query')),
  queryAt('an id with invalid UTF-8', () => recordsPath('%ff', 'query')),
];

/** The query's path written in other ways. */
const QUERY_PATHS: readonly WireCase[] = [
  queryAt('a search string', (id) => `${recordsPath(id, 'query')}?foo=1`),
  queryAt('limit and offset', (id) => `${recordsPath(id, 'query')}?limit=1&offset=1`),
  queryAt('limit that is no number', (id) => `${recordsPath(id, 'query')}?limit=a`),
  queryAt('a negative limit', (id) => `${recordsPath(id, 'query')}?limit=-1`),
  queryAt('an empty search string', (id) => `${recordsPath(id, 'query')}?`),
  queryAt('a trailing slash', (id) => recordsPath(id, 'query/')),
  queryAt('a doubled slash', (id) => recordsPath(id, '/query')),
  queryAt('an encoded slash', (id) => recordsPath(id, '%2Fquery')),
  queryAt('an encoded letter of query', (id) => recordsPath(id, '%71uery')),
  queryAt('QUERY', (id) => recordsPath(id, 'QUERY')),
  queryAt('a dot segment', (id) => recordsPath(id, './query')),
  queryAt('a parent segment', (id) => recordsPath(id, 'x/../query')),
  queryAt('a leading doubled slash', (id) => `/${recordsPath(id, 'query')}`),
  queryAt('a matrix parameter', (id) => recordsPath(id, 'query;a=1')),
  queryAt('an unknown tenant', (id) => recordsPath(id, 'query').replace('default_tenant', 'nobody')),
  queryAt('an unknown database', (id) => recordsPath(id, 'query').replace('default_database', 'nothing')),
  queryAt('an encoded tenant', (id) =>
    recordsPath(id, 'query').replace('default_tenant', 'default%5Ftenant'),
  ),
  queryAt('an empty tenant', (id) => recordsPath(id, 'query').replace('default_tenant', '')),
  queryAt('an unknown call', (id) => recordsPath(id, 'nope')),
];

const METHODS: readonly WireCase[] = [
  ...['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].map((method) =>
    bare(method, ({ filled }) => recordsPath(filled, 'query')),
  ),
  ...['GET', 'HEAD', 'OPTIONS'].map((method) => bare(method, ({ filled }) => recordsPath(filled, 'add'))),
  ...['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'].map((method) => bare(method, '/api/v2/heartbeat')),
  ...['HEAD', 'OPTIONS', 'POST', 'DELETE'].map((method) => bare(method, '/api/v2/version')),
  ...['HEAD', 'OPTIONS', 'PUT', 'PATCH'].map((method) => bare(method, `${DEFAULT_DATABASE}/collections`)),
  ...['HEAD', 'OPTIONS', 'POST', 'PATCH'].map((method) =>
    bare(method, ({ filled }) => `${DEFAULT_DATABASE}/collections/${filled}`),
  ),
  ...['GET', 'HEAD', 'OPTIONS', 'PUT'].map((method) => bare(method, '/api/v2/reset')),
  ...['GET', 'HEAD', 'OPTIONS'].map((method) => bare(method, '/api/v2/tenants')),
];

const UNKNOWN_ROUTES: readonly WireCase[] = [
  ...['/', '/api', '/api/', '/api/v2/', '/api/v2/nope', '/api/v3/heartbeat', '/API/V2/heartbeat'],
  ...[
    '/api/v2//heartbeat',
    '/api/v2/heartbeat/',
    '/api/v2/%68eartbeat',
    '/api%2Fv2/heartbeat',
    '//api/v2/heartbeat',
  ],
  ...['/api/v2/tenants//databases', '/api/v2/tenants/', '/favicon.ico', '/api/v2/heartbeat?a=%zz'],
].flatMap((path) => [bare('GET', path), bare('POST', path)]);

const FIRST_VERSION: readonly WireCase[] = [
  ...['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'].map((method) => bare(method, '/api/v1/heartbeat')),
  bare('GET', '/api/v1'),
  bare('GET', '/api/v1/'),
  bare('GET', '/api/v1/collections?tenant=default_tenant'),
  bare('POST', '/api/v1/collections'),
];

/** Where a request may go, and by which method. */
export const ADDRESS_CASES: readonly WireCase[] = [
  COLLECTION_IDS,
  QUERY_PATHS,
  METHODS,
  UNKNOWN_ROUTES,
  FIRST_VERSION,
].flat();
