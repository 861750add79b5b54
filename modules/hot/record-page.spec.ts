import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonSyntaxError } from '../vector/json-cursor.js';
import { readRecordPage, type RecordPage, type Span } from './record-page.js';

function page(text: string, dimension = 2): RecordPage {
  const reading = readRecordPage(Buffer.from(text), dimension);
  for (;;) {
    const step = reading.next();
    if (step.done) return step.value;
  }
}

function textsOf(bytes: Uint8Array, spans: readonly (Span | undefined)[]): (string | undefined)[] {
  return spans.map((span) => span && Buffer.from(bytes.subarray(span.start, span.end)).toString());
}

describe('readRecordPage', () => {
  it('reads columns and leaves fields as raw text', () => {
    const metadata = '{"whole": 1.0, "large":9007199254740993 ,"e":1E2}';
    const read = page(
      `{"ids":["a", "b"],"embeddings":[[1,2.5],[-3e0,0]],"documents":["\\u00e9",null],"uris":[null,"u"],` +
        `"metadatas":[${metadata},null],"include":["documents"]}`,
    );
    expect(read.ids).toEqual(['a', 'b']);
    expect(textsOf(read.bytes, read.idTexts)).toEqual(['"a"', '"b"']);
    expect(read.vectors).toEqual(Float32Array.of(1, 2.5, -3, 0));
    expect(textsOf(read.bytes, read.documents)).toEqual(['"\\u00e9"', undefined]);
    expect(textsOf(read.bytes, read.metadatas)).toEqual([metadata, undefined]);
    expect(textsOf(read.bytes, read.uris)).toEqual([undefined, '"u"']);
  });

  it('reads a listing, whose other columns are null', () => {
    const listing =
      '{"ids":["a","b"],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"include":[]}';
    const read = page(listing);
    expect(read.ids).toEqual(['a', 'b']);
    expect(read.vectors).toHaveLength(0);
    expect(read.documents).toEqual([]);
  });

  it('reads a page of no records', () => {
    expect(page('{"ids":[],"embeddings":[],"documents":[],"uris":[],"metadatas":[]}').ids).toEqual([]);
  });

  it('reads back any ids', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (ids) => {
        const { bytes, ids: read, idTexts } = page(JSON.stringify({ ids, embeddings: null }));
        expect(read).toEqual(ids);
        expect(textsOf(bytes, idTexts)).toEqual(ids.map((id) => JSON.stringify(id)));
      }),
    );
  });

  it.each([
    '{"ids":["a"],"embeddings":[[1]]}',
    '{"ids":["a"],"embeddings":[[1,2,3]]}',
    '{"ids":["a","b"],"embeddings":[[1,2]]}',
    '{"ids":["a"],"embeddings":[[1,2],[3,4]]}',
    '{"ids":["a"],"embeddings":[[1,2]],"documents":["x","y"]}',
    '{"ids":["a","b"],"embeddings":[[1,2],[3,4]],"metadatas":[null]}',
  ])('refuses %s, whose lengths do not fit', (text) => {
    expect(() => page(text)).toThrow(RangeError);
  });

  it.each(['', '[]', '{"ids":["a"]', '{"ids":[1]}', '{"ids":[]} x', '{"ids":["a"],"embeddings":[null]}'])(
    'refuses %j',
    (text) => {
      expect(() => page(text)).toThrow(JsonSyntaxError);
    },
  );
});
