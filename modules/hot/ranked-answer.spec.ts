import { describe, expect, it } from '@jest/globals';
import type { Selection } from '../vector/ranked-search.js';
import { ByteArena } from './byte-arena.js';
import { ByteWriter } from './byte-writer.js';
import { finish } from './finish.js';
import type { AnsweredFields } from './answer-bytes.js';
import { writeRankedAnswer, type RankedList } from './ranked-answer.js';

const arena = new ByteArena();

function placed(text: string) {
  const bytes = Buffer.from(text);
  return arena.append(bytes, 0, bytes.length);
}

const FULL: AnsweredFields = {
  id: placed('"a"'),
  document: placed('"d\\u00e9\\"é"'),
  metadata: placed('{"n":1.0,"m":9007199254740993,"é":"\\u00e9"}'),
  uri: undefined,
  vector: Float32Array.of(1, 0.1, -0),
};
const LINKED: AnsweredFields = { ...FULL, id: placed('"l"'), uri: placed('"file:///u"') };
const BARE: AnsweredFields = {
  id: placed('"b"'),
  document: undefined,
  metadata: undefined,
  uri: undefined,
  vector: Float32Array.of(2, 3, 4),
};

const NOTHING: Selection = {
  documents: false,
  embeddings: false,
  metadata: false,
  scores: false,
  fields: [],
};

const listOf = (select: Partial<Selection>, ...records: AnsweredFields[]): RankedList => ({
  records: records.map((record, index) => ({ record, score: index + 0.5 })),
  select: { ...NOTHING, ...select },
});

function answer(...lists: RankedList[]): string {
  const out = new ByteWriter();
  finish(writeRankedAnswer(out, lists));
  return Buffer.from(out.finish()).toString();
}

describe('writeRankedAnswer', () => {
  it('writes what ChromaDB writes, byte for byte', () => {
    const all = { documents: true, embeddings: true, metadata: true, scores: true };
    expect(answer(listOf(all, FULL, BARE))).toBe(
      '{"ids":[["a","b"]],' +
        '"documents":[["d\\u00e9\\"é",null]],' +
        '"embeddings":[[[1.0,0.1,-0.0],[2.0,3.0,4.0]]],' +
        '"metadatas":[[{"n":1.0,"m":9007199254740993,"é":"\\u00e9"},null]],' +
        '"scores":[[0.5,1.5]],' +
        '"select":[["#document","#embedding","#metadata","#score"]]}',
    );
  });

  it('writes null for the columns that a search does not ask for', () => {
    expect(answer(listOf({}, FULL), listOf({ scores: true }), listOf({ documents: true }, BARE))).toBe(
      '{"ids":[["a"],[],["b"]],"documents":[null,null,[null]],"embeddings":[null,null,null],' +
        '"metadatas":[null,null,null],"scores":[null,[],null],"select":[[],["#score"],["#document"]]}',
    );
  });

  it('copies the metadata asked for by key, null where there is none', () => {
    const text = answer(listOf({ fields: ['é', 'n', 'zzz'] }, FULL, BARE), listOf({ fields: ['zzz'] }, FULL));
    expect(text).toContain('"metadatas":[[{"n":1.0,"é":"\\u00e9"},null],[null]]');
    expect(text).toContain('"select":[["n","zzz","é"],["zzz"]]');
  });

  it('gives a uri as a part of all metadata, and by its key', () => {
    const text = answer(
      listOf({ metadata: true, fields: ['n'] }, LINKED),
      listOf({ fields: ['chroma:uri'] }, LINKED),
    );
    const uri = '"chroma:uri":"file:///u"';
    expect(text).toContain(`"metadatas":[[{"n":1.0,"m":9007199254740993,"é":"\\u00e9",${uri}}],[{${uri}}]]`);
    expect(answer(listOf({ fields: ['n'] }, LINKED))).toContain('"metadatas":[[{"n":1.0}]]');
  });

  it('orders metadata keys by their UTF-8 bytes', () => {
    expect(answer(listOf({ fields: ['\u{1F600}', '\uFFFD', 'b', 'B'] }))).toContain(
      '"select":[["B","b","\uFFFD","\u{1F600}"]]',
    );
  });

  it('writes null for an infinite score', () => {
    const select = { ...NOTHING, scores: true };
    const scores = [Number.NEGATIVE_INFINITY, -0, Number.POSITIVE_INFINITY];
    const records = scores.map((score) => ({ record: BARE, score }));
    expect(answer({ records, select })).toContain('"scores":[[null,-0.0,null]]');
  });

  it('writes empty columns for no search', () => {
    expect(answer()).toBe('{"ids":[],"documents":[],"embeddings":[],"metadatas":[],"scores":[],"select":[]}');
  });
});
