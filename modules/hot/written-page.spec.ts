import { describe, expect, it } from '@jest/globals';
import { JsonSyntaxError } from '../vector/json-cursor.js';
import { finish } from './finish.js';
import { readRecordPage } from './record-page.js';
import { readWrittenPage, Unforeseeable } from './written-page.js';

const PLAIN =
  '{"ids":["a","b\\n"],"embeddings":[[1,0.1],[-2.5,1e3]],' +
  '"metadatas":[{"n":1,"x":0.5,"s":"é","b":true},null],"documents":["text \\"quoted\\"",null],"uris":null}';

const read = (body: string) => finish(readWrittenPage(Buffer.from(body), 2));

function bodyOf(members: Readonly<Record<string, string>>): string {
  const all = { ids: '["a"]', embeddings: '[[1,2]]', ...members };
  return `{${Object.entries(all)
    .map(([key, value]) => `"${key}":${value}`)
    .join(',')}}`;
}

describe('readWrittenPage', () => {
  it('reads a plain body as the page that ChromaDB would give', () => {
    expect(read(PLAIN)).toEqual(finish(readRecordPage(Buffer.from(PLAIN), 2)));
  });

  it('reads vectors in base64', () => {
    const vector = Float32Array.of(0.1, -3e38);
    const base64 = Buffer.from(vector.buffer).toString('base64');
    expect(read(bodyOf({ embeddings: `["${base64}"]` })).vectors).toEqual(vector);
  });

  it.each(['1.0', '0.0001', '-12.25', '123456.789', '9007199254740991', '-1', 'false', '"\\\\"'])(
    'takes %s in metadata',
    (value) => {
      const body = bodyOf({ metadatas: `[{"k":${value}}]` });
      expect(read(body).metadatas).toHaveLength(1);
    },
  );

  it.each([
    ...['-0.0', '-0', '0.00', '0e1', '1e400', '9007199254740993', '36893488147419103232.0'],
    ...['null', '[1]', '{"a":1}', '""', '"\\u00e9"', '"\\/"', ' 1'],
  ])('does not foresee %s in metadata', (value) => {
    expect(() => read(bodyOf({ metadatas: `[{"k":${value}}]` }))).toThrow(Unforeseeable);
  });

  it.each([
    ['1e3', '1000.0'],
    ['1.50', '1.5'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['1.0E1', '10.0'],
    ['575400699791414700.0', '5.7540069979141466e+17'],
  ])('writes %s in metadata as ChromaDB prints it', (value, printed) => {
    const metadata = `{"a":"x","k":${value},"z":${value},"b":true}`;
    const page = read(
      bodyOf({ metadatas: `[null,${metadata}]`, ids: '["a","b"]', embeddings: '[[1,2],[3,4]]' }),
    );
    const { chunk = page.bytes, start = 0, end = 0 } = page.metadatas[1] ?? {};
    const text = Buffer.from(chunk.subarray(start, end)).toString();
    expect(text).toBe(`{"a":"x","k":${printed},"z":${printed},"b":true}`);
  });

  it.each([
    ['an empty object', '{}'],
    ['a repeated key', '{"k":1,"k":2}'],
    ['an escaped key', '{"\\u006b":1}'],
    ['a reserved key', '{"chroma:document":"x"}'],
    ['white space', '{"k":1 }'],
  ])('does not foresee metadata with %s', (_, metadata) => {
    expect(() => read(bodyOf({ metadatas: `[${metadata}]` }))).toThrow(Unforeseeable);
  });

  it.each([
    ['a number between two floats', { embeddings: '[[1.00000005960464477539,1]]' }],
    ['a number beyond floats', { embeddings: '[[1e39,1]]' }],
    ['another dimension', { embeddings: '[[1]]' }],
    ['no number in base64', { embeddings: `["${Buffer.alloc(8, 0xff).toString('base64')}"]` }],
    ['base64 of another length', { embeddings: '["AAAAAA=="]' }],
    ['too few vectors', { embeddings: '[]' }],
    ['too many vectors', { embeddings: '[[1,2],[3,4]]' }],
    ['columns of another length', { documents: '["a","b"]' }],
    ['an empty document', { documents: '[""]' }],
    ['an empty id', { ids: '[""]' }],
    ['a null id', { ids: '[null]' }],
    ['an unknown member', { where: 'null' }],
  ])('does not foresee %s', (_, members) => {
    expect(() => read(bodyOf(members as Readonly<Record<string, string>>))).toThrow(Unforeseeable);
  });

  it.each([
    '{"ids":["a"]}',
    '{"embeddings":[[1,2]],"ids":["a"]}',
    '{"ids":["a"],"ids":["b"],"embeddings":[[1,2]]}',
    '{"ids":["a"],"embeddings":[[1,2]],"embeddings":[[1,2]]}',
  ])('does not foresee %s', (body) => {
    expect(() => read(body)).toThrow(Unforeseeable);
  });

  it.each(['', '[]', '{"ids":["a"],"embeddings":null}', '{"ids":["a"],"embeddings":[[1,2]]} x'])(
    'refuses %j',
    (body) => {
      expect(() => read(body)).toThrow(JsonSyntaxError);
    },
  );
});
