import { DEFAULT_DATABASE } from '../support/http.js';
import { bare, JSON_TYPE, recordsPath, VECTOR, write, type WireCase } from './wire-case.js';

function json(method: string, path: string, value: unknown): WireCase {
  const body = JSON.stringify(value);
  return {
    name: `${method} ${path} ${body}`,
    call: () => ({ method, path, headers: JSON_TYPE, body }),
  };
}

const SYSTEM: readonly WireCase[] = [
  ...['/api/v2', '/api/v2/heartbeat', '/api/v2/version', '/api/v2/healthcheck', '/api/v2/pre-flight-checks'],
  '/api/v2/auth/identity',
].map((path) => bare('GET', path));

const TENANTS: readonly WireCase[] = [
  bare('GET', '/api/v2/tenants/default_tenant'),
  bare('GET', '/api/v2/tenants/default%5Ftenant'),
  bare('GET', '/api/v2/tenants/nobody'),
  bare('GET', '/api/v2/tenants/default_tenant/databases'),
  bare('GET', '/api/v2/tenants/default_tenant/databases?limit=1'),
  bare('GET', '/api/v2/tenants/default_tenant/databases?limit=x'),
  bare('GET', '/api/v2/tenants/default_tenant/databases?limit=-1'),
  bare('GET', DEFAULT_DATABASE),
  bare('GET', '/api/v2/tenants/default_tenant/databases/nothing'),
  bare('GET', '/api/v2/tenants/nobody/databases/nothing'),
  bare('DELETE', '/api/v2/tenants/default_tenant/databases/nothing'),
  json('POST', '/api/v2/tenants', { name: 'default_tenant' }),
  json('POST', '/api/v2/tenants', { name: 'a' }),
  json('POST', '/api/v2/tenants', { name: 3 }),
  json('POST', '/api/v2/tenants', {}),
  json('POST', '/api/v2/tenants/default_tenant/databases', { name: 'default_database' }),
  json('POST', '/api/v2/tenants/default_tenant/databases', { name: 'x' }),
];

const COLLECTIONS: readonly WireCase[] = [
  bare('GET', `${DEFAULT_DATABASE}/collections`),
  bare('GET', `${DEFAULT_DATABASE}/collections?limit=1&offset=1`),
  bare('GET', `${DEFAULT_DATABASE}/collections_count`),
  bare('GET', `${DEFAULT_DATABASE}/collections/wire-filled`),
  bare('GET', `${DEFAULT_DATABASE}/collections/nobody`),
  bare('GET', ({ filled }) => `${DEFAULT_DATABASE}/collections/${filled}`),
  bare('GET', ({ filled }) => `${DEFAULT_DATABASE}/collections/by-id/${filled}`),
  bare('GET', `${DEFAULT_DATABASE}/collections/by-id/nope`),
  bare('DELETE', `${DEFAULT_DATABASE}/collections/nobody`),
  bare('GET', ({ filled }) => recordsPath(filled, 'indexing_status')),
  bare('GET', ({ filled }) => recordsPath(filled, 'fork_count')),
  json('POST', `${DEFAULT_DATABASE}/collections`, { name: 'wire-filled' }),
  json('POST', `${DEFAULT_DATABASE}/collections`, { name: 'wire-filled', get_or_create: true }),
  json('POST', `${DEFAULT_DATABASE}/collections`, { name: 'x' }),
  json('POST', `${DEFAULT_DATABASE}/collections`, { name: 'bad name' }),
  json('POST', `${DEFAULT_DATABASE}/collections`, { name: 'new', configuration: { hnsw: { space: 'l3' } } }),
  json('POST', `${DEFAULT_DATABASE}/collections`, {}),
  write('nothing', 'search', { searches: [] }),
  write('to a new name', 'fork', { new_name: 'forked' }),
];

/** Acknowledged or refused, each leaves the same records behind when it comes a second time. */
const WRITES: readonly WireCase[] = [
  write('nothing', 'add', {}),
  write('an existing id', 'add', { ids: ['written-0'], embeddings: [VECTOR] }),
  write('another dimension', 'add', { ids: ['new'], embeddings: [[1, 2]] }),
  write('unequal dimensions', 'add', { ids: ['new', 'newer'], embeddings: [VECTOR, [1]] }),
  write('fewer embeddings than ids', 'add', { ids: ['new', 'newer'], embeddings: [VECTOR] }),
  write('no embeddings', 'add', { ids: ['new'] }),
  write('no ids', 'add', { ids: [], embeddings: [] }),
  write('an empty id', 'add', { ids: [''], embeddings: [VECTOR] }),
  write('ids that are numbers', 'add', { ids: [1], embeddings: [VECTOR] }),
  write('base64', 'upsert', { ids: ['written-1'], embeddings: ['AACAPwAAAEAAAEBA'] }),
  write('bad base64', 'upsert', { ids: ['written-1'], embeddings: ['AACAPwAAAEAAAEB'] }),
  write('the same id twice', 'upsert', { ids: ['written-2', 'written-2'], embeddings: [VECTOR, [3, 2, 1]] }),
  write('no embeddings', 'upsert', { ids: ['written-2'], documents: ['text'] }),
  write('nested metadata', 'upsert', {
    ids: ['written-2'],
    embeddings: [VECTOR],
    metadatas: [{ a: { b: 1 } }],
  }),
  write('an unknown id', 'update', { ids: ['nobody'], embeddings: [VECTOR] }),
  write('a document alone', 'update', { ids: ['written-3'], documents: ['rewritten'] }),
  write('metadata with null', 'update', { ids: ['written-3'], metadatas: [{ group: null }] }),
  write('another dimension', 'update', { ids: ['written-3'], embeddings: [[1]] }),
  write('{}', 'delete', {}),
  write('an unknown id', 'delete', { ids: ['nobody'] }),
  write('no ids', 'delete', { ids: [] }),
  write('where {}', 'delete', { where: {} }),
  write('where that matches nothing', 'delete', { where: { number: 1000 } }),
  write('limit without where', 'delete', { ids: ['nobody'], limit: 1 }),
  write('a limit that is negative', 'delete', { where: { number: 1000 }, limit: -1 }),
];

/** Every other call of the API, well formed or not. */
export const CALL_CASES: readonly WireCase[] = [SYSTEM, TENANTS, COLLECTIONS, WRITES].flat();
