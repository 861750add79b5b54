import { describe, expect, it } from '@jest/globals';
import { JsonCursor } from './json-cursor.js';
import { parseWhere, parseWhereDocument, UnsupportedFilter } from './where-parser.js';

const where = (text: string) => parseWhere(new JsonCursor(Buffer.from(text)));
const whereDocument = (text: string) => parseWhereDocument(new JsonCursor(Buffer.from(text)));

describe('parseWhere', () => {
  it.each([
    ['{"a":1}', { type: 'int', value: 1 }],
    ['{"a":1.0}', { type: 'float', value: 1 }],
    ['{"a":-0}', { type: 'float', value: -0 }],
    ['{"a":1e2}', { type: 'float', value: 100 }],
    ['{"a":"x"}', { type: 'string', value: 'x' }],
    ['{"a":true}', { type: 'bool', value: true }],
    ['{"a":{"$eq":1}}', { type: 'int', value: 1 }],
  ])('tells types apart by how they are written: %s', (text, operand) => {
    expect(where(text)).toEqual({ kind: 'comparison', key: 'a', operator: '$eq', operand });
  });

  it('takes whole numbers into a list of floats, but no floats into one of whole numbers', () => {
    const operands = [1.5, 2].map((value) => ({ type: 'float', value }));
    expect(where('{"a":{"$in":[1.5,2]}}')).toEqual({ kind: 'in', key: 'a', negated: false, operands });
    expect(() => where('{"a":{"$in":[2,1.5]}}')).toThrow(UnsupportedFilter);
  });

  it('reads nesting, arrays and documents', () => {
    expect(where('{"$and":[{"a":{"$not_contains":1}},{"$or":[{"#document":{"$contains":"x"}}]}]}')).toEqual({
      kind: 'and',
      children: [
        { kind: 'array', key: 'a', negated: true, operand: { type: 'int', value: 1 } },
        { kind: 'or', children: [{ kind: 'document', negated: false, text: 'x' }] },
      ],
    });
  });

  it.each([
    '{}',
    '[]',
    '"a"',
    '{"a":1,"b":2}',
    '{"a":null}',
    '{"a":[1]}',
    '{"a":{"$gt":"x"}}',
    '{"a":{"$in":[]}}',
    '{"a":{"$in":1}}',
    '{"a":{"$near":1}}',
    '{"$not":[]}',
    '{"a":{"$regex":"x"}}',
    '{"#document":{"$regex":1}}',
    '{"#document":{"$regex":"(a{1,500}){1,200}"}}',
    '{"#document":"x"}',
    '{"#embedding":1}',
    '{"chroma:document":"x"}',
    '{"a":9007199254740993}',
  ])('leaves %s to ChromaDB', (text) => {
    expect(() => where(text)).toThrow(UnsupportedFilter);
  });
});

describe('parseWhereDocument', () => {
  it('reads texts and their combinations', () => {
    expect(whereDocument('{"$or":[{"$not_contains":"a"}]}')).toEqual({
      kind: 'or',
      children: [{ kind: 'document', negated: true, text: 'a' }],
    });
  });

  it('reads regular expressions, here and under the key #document', () => {
    const pattern = { kind: 'pattern', negated: false, pattern: 'a\n\\d\0' };
    expect(whereDocument('{"$regex":"a\\n\\\\d\\u0000"}')).toEqual(pattern);
    expect(where('{"#document":{"$regex":"a\\n\\\\d\\u0000"}}')).toEqual(pattern);
    expect(whereDocument('{"$not_regex":""}')).toEqual({ kind: 'pattern', negated: true, pattern: '' });
  });

  it.each(['{}', '{"$contains":1}', '{"$regex":1}', '{"a":"b"}', '{"$contains":"a\\u0000"}'])(
    'leaves %s to ChromaDB',
    (text) => {
      expect(() => whereDocument(text)).toThrow(UnsupportedFilter);
    },
  );
});
