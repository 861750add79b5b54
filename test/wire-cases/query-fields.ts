import { hotQuery, query, rawQuery, recordsPath, JSON_TYPE, VECTOR, type WireCase } from './wire-case.js';

const PLAIN = JSON.stringify({ query_embeddings: [VECTOR] });

/** JSON that `JSON.stringify` cannot write. */
function literal(name: string, body: string): WireCase {
  return rawQuery(name, body);
}

const LIMITS: readonly WireCase[] = [
  hotQuery('n_results left out', {}),
  hotQuery('n_results null', { n_results: null }),
  hotQuery('n_results 1', { n_results: 1 }),
  hotQuery('n_results 60, the whole collection', { n_results: 60 }),
  hotQuery('n_results 61, more than the collection', { n_results: 61 }),
  hotQuery('n_results 1000', { n_results: 1000 }),
  hotQuery('n_results 0', { n_results: 0 }),
  query('n_results -1', { n_results: -1 }),
  query('n_results "3"', { n_results: '3' }),
  query('n_results true', { n_results: true }),
  query('n_results [3]', { n_results: [3] }),
  query('n_results 1e10', { n_results: 10_000_000_000 }),
  literal('n_results 2.0', `{"query_embeddings":[[1,2,3]],"n_results":2.0}`),
  literal('n_results 2.5', `{"query_embeddings":[[1,2,3]],"n_results":2.5}`),
  literal('n_results 2e0', `{"query_embeddings":[[1,2,3]],"n_results":2e0}`),
  literal('n_results -0', `{"query_embeddings":[[1,2,3]],"n_results":-0}`),
  literal('n_results 03', `{"query_embeddings":[[1,2,3]],"n_results":03}`),
  literal('n_results 1e10 as written', `{"query_embeddings":[[1,2,3]],"n_results":1e10}`),
  literal('n_results 4294967296', `{"query_embeddings":[[1,2,3]],"n_results":4294967296}`),
  literal('n_results 4294967297', `{"query_embeddings":[[1,2,3]],"n_results":4294967297}`),
  literal(
    'n_results 18446744073709551616',
    `{"query_embeddings":[[1,2,3]],"n_results":18446744073709551616}`,
  ),
];

const INCLUDES: readonly WireCase[] = [
  query('include null', { include: null }),
  hotQuery('include []', { include: [] }),
  hotQuery('include everything', { include: ['distances', 'documents', 'embeddings', 'metadatas', 'uris'] }),
  hotQuery('include in another order', { include: ['uris', 'metadatas', 'distances'] }),
  hotQuery('include only embeddings', { include: ['embeddings'] }),
  hotQuery('include the same twice', { include: ['distances', 'documents', 'distances'] }),
  query('include unknown', { include: ['distances', 'data'] }),
  query('include in capitals', { include: ['Distances'] }),
  query('include a string', { include: 'distances' }),
  query('include a number', { include: [1] }),
  query('include nested', { include: [['distances']] }),
  query('include an object', { include: {} }),
];

const VECTORS: readonly WireCase[] = [
  hotQuery('several vectors', { query_embeddings: [VECTOR, [1, 0, 0], [0, 0, 0]], n_results: 3 }),
  hotQuery('the same vector twice', { query_embeddings: [VECTOR, VECTOR], n_results: 2 }),
  hotQuery('the zero vector', { query_embeddings: [[0, 0, 0]] }),
  hotQuery('negative zero', { query_embeddings: [[-0, 1, 0]] }),
  query('no vectors', { query_embeddings: [] }),
  query('a vector of nothing', { query_embeddings: [[]] }),
  query('a vector of nothing beside a right one', { query_embeddings: [VECTOR, []] }),
  query('too few dimensions', { query_embeddings: [[1, 2]] }),
  query('too many dimensions', { query_embeddings: [[1, 2, 3, 4]] }),
  query('unequal dimensions', { query_embeddings: [VECTOR, [1, 2]] }),
  query('strings', { query_embeddings: [['1', '2', '3']] }),
  query('a base64 string', { query_embeddings: ['AACAPwAAAEAAAEBA'] }),
  query('a string', { query_embeddings: 'AACAPwAAAEAAAEBA' }),
  query('not nested', { query_embeddings: VECTOR }),
  query('nested too deeply', { query_embeddings: [[VECTOR]] }),
  query('null', { query_embeddings: null }),
  query('a null vector', { query_embeddings: [null] }),
  query('a null number', { query_embeddings: [[1, null, 3]] }),
  query('true in a vector', { query_embeddings: [[1, true, 3]] }),
  query('an object', { query_embeddings: { 0: VECTOR } }),
  literal('NaN', '{"query_embeddings":[[NaN,0,0]]}'),
  literal('Infinity', '{"query_embeddings":[[Infinity,0,0]]}'),
  literal('1e38', '{"query_embeddings":[[1e38,0,0]],"n_results":3}'),
  literal('1e39, beyond single precision', '{"query_embeddings":[[1e39,0,0]],"n_results":3}'),
  literal('1e400, beyond double precision', '{"query_embeddings":[[1e400,0,0]]}'),
  literal('1e-400', '{"query_embeddings":[[1e-400,0,1]],"n_results":3}'),
  literal('1e-46, below single precision', '{"query_embeddings":[[1e-46,0,1]],"n_results":3}'),
  literal('a number of many digits', '{"query_embeddings":[[0.1000000014901161193847656,2e+0,3E-1]]}'),
  literal('a leading plus', '{"query_embeddings":[[+1,2,3]]}'),
  literal('a leading point', '{"query_embeddings":[[.5,2,3]]}'),
  literal('a trailing point', '{"query_embeddings":[[5.,2,3]]}'),
  literal('a leading zero', '{"query_embeddings":[[01,2,3]]}'),
  literal('hexadecimal', '{"query_embeddings":[[0x1,2,3]]}'),
  literal('a trailing comma', '{"query_embeddings":[[1,2,3,]]}'),
];

const FILTERS: readonly WireCase[] = [
  hotQuery('where', { where: { number: { $gte: 50 } } }),
  hotQuery('where equal', { where: { number: 7 } }),
  hotQuery('where with $and', { where: { $and: [{ number: { $lt: 30 } }, { group: 'filled' }] } }),
  query('where {}', { where: {} }),
  hotQuery('where null', { where: null }),
  query('where []', { where: [] }),
  query('where a string', { where: 'number' }),
  query('where with two keys', { where: { number: 7, group: 'filled' } }),
  query('where with an unknown operator', { where: { number: { $near: 7 } } }),
  query('where with an empty $in', { where: { number: { $in: [] } } }),
  query('where with $in of two types', { where: { number: { $in: [1, 'a'] } } }),
  hotQuery('where with $and of one', { where: { $and: [{ number: 7 }] } }),
  query('where $gt a string', { where: { number: { $gt: 'a' } } }),
  hotQuery('where that matches nothing', { where: { number: { $gt: 1000 } } }),
  hotQuery('where_document', { where_document: { $contains: 'document 1' } }),
  query('where_document {}', { where_document: {} }),
  hotQuery('where_document null', { where_document: null }),
  query('where_document malformed', { where_document: { $contains: 3 } }),
  hotQuery('where_document with an empty text', { where_document: { $contains: '' } }),
  hotQuery('ids', { ids: ['filled-3', 'filled-1'] }),
  hotQuery('ids null', { ids: null }),
  hotQuery('ids []', { ids: [] }),
  query('ids unknown', { ids: ['filled-1', 'nobody'] }),
  hotQuery('ids repeated', { ids: ['filled-1', 'filled-1'] }),
  query('ids a string', { ids: 'filled-1' }),
  query('ids numbers', { ids: [1] }),
  hotQuery('every field null that may be', { where: null, where_document: null, ids: null, n_results: null }),
];

const KEYS: readonly WireCase[] = [
  query('an unknown key', { zzz: 1 }),
  query('read_level', { read_level: 'index_only' }),
  query('a key in capitals', { N_RESULTS: 2 }),
  rawQuery('no key', '{}'),
  rawQuery('only n_results', '{"n_results":1}'),
  literal('n_results twice', '{"query_embeddings":[[1,2,3]],"n_results":2,"n_results":1}'),
  literal('query_embeddings twice', '{"query_embeddings":[[1,2,3]],"query_embeddings":[[3,2,1]]}'),
  literal('include twice', '{"query_embeddings":[[1,2,3]],"include":[],"include":["distances"]}'),
  literal('an unknown key twice', '{"query_embeddings":[[1,2,3]],"zzz":2,"zzz":1}'),
  literal('an escaped key', '{"query\\u005fembeddings":[[1,2,3]],"n_results":1}'),
  literal('an escaped key twice', '{"n\\u005fresults":2,"query_embeddings":[[1,2,3]],"n_results":1}'),
  literal('the key __proto__', '{"query_embeddings":[[1,2,3]],"__proto__":{"n_results":1}}'),
  literal('keys in another order', '{"include":["distances"],"n_results":2,"query_embeddings":[[1,2,3]]}'),
  literal(
    'unknown keys with deep values',
    '{"a":{"b":[1,{"c":null}]},"query_embeddings":[[1,2,3]],"n_results":1}',
  ),
];

/** Queries of a collection that never had a record. */
const UNFILLED: readonly WireCase[] = [
  PLAIN,
  '{"query_embeddings":[[1]]}',
  '{"query_embeddings":[]}',
  '{}',
].map((body) => ({
  name: `query of an empty collection: ${body}`,
  call: ({ empty }) => ({ method: 'POST', path: recordsPath(empty, 'query'), headers: JSON_TYPE, body }),
}));

/** What the fields of a query may hold. */
export const QUERY_FIELD_CASES: readonly WireCase[] = [
  LIMITS,
  INCLUDES,
  VECTORS,
  FILTERS,
  KEYS,
  UNFILLED,
].flat();
