import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeScope, type RecordWrite } from './write-wire.js';

const scopeOf = (kind: RecordWrite, text: string) => writeScope(kind, Buffer.from(text));

describe.each([
  ['add', 'insert'],
  ['update', 'update'],
  ['upsert', 'insert'],
] as const)('writeScope of %s', (kind, effect) => {
  it.each([
    ['{"ids":["a","b"],"embeddings":[[1],[2]]}', ['a', 'b']],
    ['{"embeddings":[[1,2],[3,4]],"metadatas":[{"ids":["x"]},null],"ids":["a","b"]}', ['a', 'b']],
    ['{"\\u0069ds":["a"]}', ['a']],
    ['{"ids":["\\u00e9\\n\\"","é"]}', ['é\n"', 'é']],
    ['{"ids":[]}', []],
  ])('names the records of %s', (body, ids) => {
    expect(scopeOf(kind, body)).toEqual({ kind: 'named', effect, ids });
  });

  it('names any ids whatever their characters', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (ids) => {
        expect(scopeOf(kind, JSON.stringify({ embeddings: [[1]], ids }))).toEqual({
          kind: 'named',
          effect,
          ids,
        });
      }),
    );
  });

  it.each([
    '',
    '{}',
    '[]',
    '{"embeddings":[[1]]}',
    '{"ids":null}',
    '{"ids":"a"}',
    '{"ids":[1]}',
    '{"ids":["a"',
    '{"embeddings":[[1,]],"ids":["a"]}',
    '{"IDS":["a"]}',
  ])('does not know what %j touches', (body) => {
    expect(scopeOf(kind, body)).toEqual({ kind: 'unknown' });
  });

  it('does not know what ids that are not UTF-8 touch', () => {
    expect(writeScope(kind, Buffer.from('{"ids":["\xff"]}', 'latin1'))).toEqual({ kind: 'unknown' });
  });
});

describe('writeScope of delete', () => {
  it.each([
    ['{"ids":["a","b"]}', ['a', 'b']],
    ['{"where":{"x":1},"ids":["a"]}', ['a']],
    ['{"ids":["a"],"where_document":{"$contains":"x"}}', ['a']],
    ['{"ids":[]}', []],
  ])('names the records of %s', (body, ids) => {
    expect(scopeOf('delete', body)).toEqual({ kind: 'named', effect: 'remove', ids });
  });

  it.each(['{"where":{"ids":["a"]}}', '{"ids":null,"where":{"x":1}}', '{"where_document":{}}', '{}'])(
    'takes %s for removals of any record',
    (body) => {
      expect(scopeOf('delete', body)).toEqual({ kind: 'removals' });
    },
  );

  it.each(['', '[]', '{"ids":["a"]', '{"ids":[1]}', '{"ids":["a"],"where":}'])(
    'does not know what %j touches',
    (body) => {
      expect(scopeOf('delete', body)).toEqual({ kind: 'unknown' });
    },
  );
});
