import { bare, JSON_TYPE, recordsPath, type WireCase } from './wire-case.js';

/** A `get` of the filled collection whose body is sent as it stands. */
function rawGet(name: string, body: string): WireCase {
  return {
    name: `get: ${name}`,
    call: ({ filled }) => ({ method: 'POST', path: recordsPath(filled, 'get'), headers: JSON_TYPE, body }),
  };
}

function get(name: string, fields: unknown): WireCase {
  return rawGet(name, JSON.stringify(fields));
}

/** A `get` that the mirror has to answer. */
function hotGet(name: string, fields: unknown): WireCase {
  return { ...get(name, fields), hot: true };
}

const repeated = <T>(count: number, each: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => each(index));

const PAGES: readonly WireCase[] = [
  hotGet('{}', {}),
  hotGet('nulls', { ids: null, where: null, where_document: null, limit: null, offset: null }),
  hotGet('limit', { limit: 3 }),
  hotGet('offset', { offset: 57 }),
  hotGet('limit and offset', { limit: 3, offset: 4 }),
  hotGet('limit 0', { limit: 0 }),
  hotGet('offset beyond the end', { offset: 1000 }),
  hotGet('limit and offset 4294967295', { limit: 4_294_967_295, offset: 4_294_967_295 }),
  get('limit -1', { limit: -1 }),
  get('offset -1', { offset: -1 }),
  get('limit "1"', { limit: '1' }),
  get('limit 4294967296', { limit: 4_294_967_296 }),
  get('offset 4294967296', { offset: 4_294_967_296 }),
  rawGet('limit 1.0', '{"limit":1.0}'),
  rawGet('offset -0', '{"offset":-0}'),
  rawGet('limit twice', '{"limit":1,"limit":1}'),
  rawGet('an unknown key', '{"limit":1,"zzz":1}'),
  get('n_results', { n_results: 1 }),
  get('null', null),
  get('[]', []),
  rawGet('no body', ''),
];

const INCLUDES: readonly WireCase[] = [
  hotGet('include everything', { include: ['documents', 'embeddings', 'metadatas', 'uris'] }),
  hotGet('include nothing', { include: [] }),
  hotGet('include distances', { include: ['distances'] }),
  hotGet('include uris', { include: ['uris'] }),
  hotGet('include the same twice', { include: ['metadatas', 'distances', 'metadatas'] }),
  get('include null', { include: null }),
  get('include unknown', { include: ['data'] }),
  get('include a string', { include: 'documents' }),
];

const FILTERS: readonly WireCase[] = [
  hotGet('ids, an unknown and a repeated one', { ids: ['filled-5', 'filled-1', 'nobody', 'filled-5'] }),
  hotGet('unknown ids', { ids: ['nobody', ''] }),
  hotGet('no ids', { ids: [] }),
  get('ids a string', { ids: 'filled-1' }),
  get('ids of numbers', { ids: [1] }),
  hotGet('where', { where: { number: { $lt: 5 } }, limit: 3, offset: 1 }),
  hotGet('where and ids', { where: { number: { $ne: 5 } }, ids: ['filled-9', 'filled-5', 'filled-1'] }),
  hotGet('where_document', { where_document: { $contains: 'document 1' } }),
  hotGet('where and where_document', { where: { number: 12 }, where_document: { $contains: '12' } }),
  hotGet('where with an empty $and', { where: { $and: [] } }),
  hotGet('where with an empty $or', { where: { $or: [] } }),
  get('where {}', { where: {} }),
  get('where_document {}', { where_document: {} }),
  get('where_document $regex', { where_document: { $regex: '1[23]' } }),
  hotGet('300 conditions', { where: { $and: repeated(300, (number) => ({ number: { $ne: -number } })) } }),
  get('1,000 conditions', { where: { $and: repeated(1_000, (number) => ({ number: { $ne: -number } })) } }),
  hotGet('30,000 ids', { ids: repeated(30_000, (number) => `filled-${number}`), include: [] }),
  get('32,767 ids', { ids: repeated(32_767, () => 'nobody'), include: [] }),
  get('32,767 operands', { where: { number: { $in: repeated(32_767, (number) => number) } } }),
];

const COUNTS: readonly WireCase[] = [
  { ...bare('GET', ({ filled }) => recordsPath(filled, 'count')), hot: true },
  bare('GET', ({ empty }) => recordsPath(empty, 'count')),
  bare('GET', () => recordsPath('nobody', 'count')),
  bare('HEAD', ({ filled }) => recordsPath(filled, 'count')),
  bare('POST', ({ filled }) => recordsPath(filled, 'count')),
  bare('GET', ({ filled }) => recordsPath(filled, 'count/')),
  bare('GET', ({ filled }) => recordsPath(filled, 'count?')),
  bare('GET', ({ filled }) => recordsPath(filled, 'count?read_level=index_only')),
  bare('GET', ({ filled }) => recordsPath(filled, 'count?read_level=index_and_wal')),
  bare('GET', ({ filled }) => recordsPath(filled, 'count?read_level=nonsense')),
];

/** What a `get` and a `count` may ask for, well formed or not. */
export const GET_FIELD_CASES: readonly WireCase[] = [PAGES, INCLUDES, FILTERS, COUNTS].flat();
