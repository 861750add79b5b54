import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { INCLUDABLE, type Include } from '../vector/read-request.js';
import { writeQueryAnswer, writeRecordsAnswer, type AnsweredFields } from './answer-bytes.js';
import { ByteArena } from './byte-arena.js';
import { ByteWriter } from './byte-writer.js';
import { finish } from './finish.js';

const arena = new ByteArena();

function placed(text: string) {
  const bytes = Buffer.from(text);
  return arena.append(bytes, 0, bytes.length);
}

interface WithDistance extends AnsweredFields {
  readonly distance: number;
}

const FULL: WithDistance = {
  id: placed('"a"'),
  document: placed('"d\\u00e9\\"é"'),
  metadata: placed('{"n":1.0,"m":9007199254740993}'),
  uri: placed('"u"'),
  vector: Float32Array.of(1, 0.1, -0),
  distance: Math.fround(0.25),
};
const BARE: WithDistance = {
  id: placed('"b"'),
  document: undefined,
  metadata: undefined,
  uri: undefined,
  vector: Float32Array.of(2, 3, 4),
  distance: 2,
};

function answer(lists: readonly (readonly WithDistance[])[], include: readonly Include[]): string {
  const out = new ByteWriter();
  const neighbours = lists.map((list) => list.map((record) => ({ record, distance: record.distance })));
  finish(writeQueryAnswer(out, neighbours, include));
  return Buffer.from(out.finish()).toString();
}

describe('writeQueryAnswer', () => {
  it('writes what ChromaDB writes, byte for byte', () => {
    expect(answer([[FULL, BARE]], ['uris', 'embeddings', 'distances', 'metadatas', 'documents'])).toBe(
      '{"ids":[["a","b"]],' +
        '"embeddings":[[[1.0,0.1,-0.0],[2.0,3.0,4.0]]],' +
        '"documents":[["d\\u00e9\\"é",null]],' +
        '"uris":[["u",null]],' +
        '"metadatas":[[{"n":1.0,"m":9007199254740993},null]],' +
        '"distances":[[0.25,2.0]],' +
        '"include":["uris","embeddings","distances","metadatas","documents"]}',
    );
  });

  it('writes null for the columns that are not included, and repeats the list of those that are', () => {
    expect(answer([[FULL]], ['distances', 'distances'])).toBe(
      '{"ids":[["a"]],"embeddings":null,"documents":null,"uris":null,"metadatas":null,' +
        '"distances":[[0.25]],"include":["distances","distances"]}',
    );
  });

  it('writes one list for each query vector, empty ones too', () => {
    expect(answer([[BARE], [], [BARE, BARE]], ['documents'])).toBe(
      '{"ids":[["b"],[],["b","b"]],"embeddings":null,"documents":[[null],[],[null,null]],"uris":null,' +
        '"metadatas":null,"distances":null,"include":["documents"]}',
    );
  });

  it('keeps the order of keys and parses, whatever is asked for', () => {
    const lists = fc.array(fc.array(fc.constantFrom(FULL, BARE)));
    fc.assert(
      fc.property(lists, fc.array(fc.constantFrom(...INCLUDABLE)), (records, include) => {
        const parsed = JSON.parse(answer(records, include)) as Record<string, unknown[] | null>;
        expect(Object.keys(parsed)).toEqual([
          'ids',
          'embeddings',
          'documents',
          'uris',
          'metadatas',
          'distances',
          'include',
        ]);
        expect(parsed['include']).toEqual(include);
        for (const name of INCLUDABLE) {
          expect(parsed[name]?.length).toBe(include.includes(name) ? records.length : undefined);
        }
      }),
    );
  });
});

function recordsAnswer(records: readonly AnsweredFields[], include: readonly Include[]): string {
  const out = new ByteWriter();
  finish(writeRecordsAnswer(out, records, include));
  return Buffer.from(out.finish()).toString();
}

describe('writeRecordsAnswer', () => {
  it('writes what ChromaDB writes, byte for byte', () => {
    expect(recordsAnswer([FULL, BARE], ['uris', 'embeddings', 'metadatas', 'documents'])).toBe(
      '{"ids":["a","b"],"embeddings":[[1.0,0.1,-0.0],[2.0,3.0,4.0]],"documents":["d\\u00e9\\"é",null],' +
        '"uris":["u",null],"metadatas":[{"n":1.0,"m":9007199254740993},null],' +
        '"include":["uris","embeddings","metadatas","documents"]}',
    );
  });

  it('writes no distances, even where they are asked for', () => {
    expect(recordsAnswer([BARE], ['distances'])).toBe(
      '{"ids":["b"],"embeddings":null,"documents":null,"uris":null,"metadatas":null,"include":["distances"]}',
    );
  });

  it('writes empty columns when there are no records', () => {
    expect(recordsAnswer([], ['documents', 'documents'])).toBe(
      '{"ids":[],"embeddings":null,"documents":[],"uris":null,"metadatas":null,' +
        '"include":["documents","documents"]}',
    );
  });
});
