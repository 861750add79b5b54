import { gzipSync } from 'node:zlib';
import { JSON_TYPE, rawQuery, recordsPath, VECTOR, type WireCase } from './wire-case.js';

const MIB = 1024 * 1024;
const PLAIN = JSON.stringify({ query_embeddings: [VECTOR], n_results: 2 });

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

function bytes(...parts: (string | readonly number[])[]): Buffer {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
  );
}

function typed(contentType: string): WireCase {
  return rawQuery(`content-type ${contentType}`, PLAIN, { 'content-type': contentType });
}

/** Bodies that are not JSON, or hardly. */
const UNPARSABLE: readonly WireCase[] = [
  rawQuery('an empty body', ''),
  rawQuery('blanks', ' \n\t '),
  rawQuery('a word', 'hello'),
  rawQuery('an open brace', '{'),
  rawQuery('an open string', '{"query_embeddings'),
  rawQuery('an open vector', '{"query_embeddings":[[1,2,3'),
  rawQuery('a missing colon', '{"query_embeddings" [[1,2,3]]}'),
  rawQuery('single quotes', "{'query_embeddings':[[1,2,3]]}"),
  rawQuery('a comment', '{"query_embeddings":[[1,2,3]]/**/}'),
  rawQuery('trailing garbage', `${PLAIN} x`),
  rawQuery('a second value', `${PLAIN}${PLAIN}`),
  rawQuery('a trailing brace', `${PLAIN}}`),
  rawQuery('a trailing zero byte', bytes(PLAIN, [0])),
  rawQuery('a byte order mark', `\uFEFF${PLAIN}`),
  rawQuery('UTF-16', Buffer.from(PLAIN, 'utf16le')),
  rawQuery('invalid UTF-8 in an unknown key', bytes('{"', [0xff, 0xfe], '":1,"query_embeddings":[[1,2,3]]}')),
  rawQuery('invalid UTF-8 in an id', bytes('{"query_embeddings":[[1,2,3]],"ids":["', [0xc3, 0x28], '"]}')),
  rawQuery('an overlong encoding', bytes('{"query_embeddings":[[1,2,3]],"ids":["', [0xc0, 0x80], '"]}')),
  rawQuery('half a surrogate pair', '{"query_embeddings":[[1,2,3]],"zzz":"\\ud800"}'),
  rawQuery(
    'half a surrogate pair in a filter',
    '{"query_embeddings":[[1,2,3]],"where_document":{"$contains":"\\ud800"}}',
  ),
  rawQuery('a control character in a string', '{"query_embeddings":[[1,2,3]],"zzz":"\u0001"}'),
  rawQuery('an unknown escape', '{"query_embeddings":[[1,2,3]],"zzz":"\\x"}'),
  rawQuery('gzip without saying so', gzipSync(PLAIN)),
  rawQuery('gzip', gzipSync(PLAIN), { ...JSON_TYPE, 'content-encoding': 'gzip' }),
];

/** JSON that is no query. */
const MISSHAPEN: readonly WireCase[] = [
  rawQuery('an array', '[]'),
  rawQuery('a nested array', '[[[1,2,3]]]'),
  rawQuery('a string', '"query"'),
  rawQuery('a number', '1'),
  rawQuery('null', 'null'),
  rawQuery('true', 'true'),
  rawQuery('nested 500 levels deep', nested(500)),
  rawQuery('an unknown key 500 levels deep', `{"query_embeddings":[[1,2,3]],"zzz":${nested(500)}}`),
  rawQuery('an unknown key 100 levels deep', `{"query_embeddings":[[1,2,3]],"zzz":${nested(100)}}`),
  rawQuery('an unknown key 127 levels deep', `{"query_embeddings":[[1,2,3]],"zzz":${nested(127)}}`),
  rawQuery('an unknown key 128 levels deep', `{"query_embeddings":[[1,2,3]],"zzz":${nested(128)}}`),
  rawQuery('vectors 500 levels deep', `{"query_embeddings":${nested(500)}}`),
];

const TYPES: readonly WireCase[] = [
  rawQuery('no content-type', PLAIN, {}),
  rawQuery('no content-type and no body', '', {}),
  typed('application/json; charset=utf-8'),
  typed('application/json; charset=utf-16'),
  typed('APPLICATION/JSON'),
  typed('application/vnd.api+json'),
  typed('application/jsonx'),
  typed('text/json'),
  typed('text/plain'),
  typed('application/x-www-form-urlencoded'),
  typed('multipart/form-data; boundary=x'),
  typed('application/octet-stream'),
  typed('nonsense'),
  typed('*/*'),
];

const TRANSFERS: readonly WireCase[] = [
  rawQuery('in chunks', PLAIN, { ...JSON_TYPE, 'transfer-encoding': 'chunked' }),
  rawQuery('with blanks around', `\r\n\t ${PLAIN} \r\n`),
  rawQuery('accepting gzip', PLAIN, { ...JSON_TYPE, 'accept-encoding': 'gzip' }),
  rawQuery('accepting only text', PLAIN, { ...JSON_TYPE, accept: 'text/plain' }),
  rawQuery('from another origin', PLAIN, { ...JSON_TYPE, origin: 'http://example.org' }),
];

/** Built when it is their turn: they are large. */
const SIZES: readonly WireCase[] = [40 * MIB - 1, 40 * MIB, 40 * MIB + 1].map((size) => ({
  name: `query: a body of ${size} bytes`,
  call: ({ filled }) => ({
    method: 'POST',
    path: recordsPath(filled, 'query'),
    headers: { ...JSON_TYPE },
    body: Buffer.concat([Buffer.from(PLAIN), Buffer.alloc(size - PLAIN.length, ' ')]),
  }),
}));

/** How a body may be written and labelled. */
export const BODY_CASES: readonly WireCase[] = [UNPARSABLE, MISSHAPEN, TYPES, TRANSFERS, SIZES].flat();
