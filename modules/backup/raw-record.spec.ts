import { describe, expect, it } from '@jest/globals';
import { parseRecordLine, recordLine, recordsByColumn } from './raw-record.js';
import { addBodies } from './record-batches.js';

const ANSWER =
  '{"ids":["a","\\u0000"],"embeddings":[[1.0,-0.0],[3e38,0.1]],"documents":["x\\ny",null],' +
  '"uris":[null,"u"],"metadatas":[{"z":1.0,"a":9223372036854775807},null],"include":["embeddings"]}';

function lines(answer: string): string[] {
  return [...recordsByColumn(Buffer.from(answer)).values()].map((record) => recordLine(record).toString());
}

function bodiesOf(answer: string, maxRecords: number, maxBytes: number): string[] {
  const records = [...recordsByColumn(Buffer.from(answer)).values()];
  return [...addBodies(records, { maxRecords, maxBytes })].map((body) => body.toString());
}

describe('recordsByColumn', () => {
  it('keeps every digit, and puts the keys of metadata in order', () => {
    const [first, second] = lines(ANSWER);
    expect(first).toBe(
      '{"id":"a","document":"x\\ny","metadata":{"a":9223372036854775807,"z":1.0},"uri":null,' +
        '"embedding":[1.0,-0.0]}',
    );
    expect(second).toBe('{"id":"\\u0000","document":null,"metadata":null,"uri":"u","embedding":[3e38,0.1]}');
  });

  it('makes one line of what is written over several', () => {
    const answer = '{"ids":["a"],"metadatas":[{\n"k":\r\n[1,\n2]}]}';
    expect(lines(answer)).toEqual([expect.not.stringMatching(/[\r\n]/)]);
  });

  it('tells a column that is missing as null', () => {
    expect(lines('{"ids":["a"],"embeddings":null}')).toEqual([
      '{"id":"a","document":null,"metadata":null,"uri":null,"embedding":null}',
    ]);
  });
});

describe('parseRecordLine', () => {
  it('reads back what recordLine wrote', () => {
    for (const line of lines(ANSWER)) {
      const record = parseRecordLine(Buffer.from(line));
      expect(record && recordLine(record).toString()).toBe(line);
    }
  });

  it.each(['{"id":"a"}', '{"other":1}', '{}'])('takes %s for no record', (line) => {
    expect(parseRecordLine(Buffer.from(line))).toBeUndefined();
  });
});

describe('addBodies', () => {
  it('brings the columns back, digit by digit', () => {
    expect(bodiesOf(ANSWER, 10, 10_000)).toEqual([
      '{"ids":["a","\\u0000"],"documents":["x\\ny",null],' +
        '"metadatas":[{"a":9223372036854775807,"z":1.0},null],"uris":[null,"u"],' +
        '"embeddings":[[1.0,-0.0],[3e38,0.1]]}',
    ]);
  });

  it('keeps to the limits of records and of bytes', () => {
    expect(bodiesOf(ANSWER, 1, 10_000)).toHaveLength(2);
    expect(bodiesOf(ANSWER, 10, 150)).toHaveLength(2);
    expect(bodiesOf('{"ids":[]}', 10, 10)).toEqual([]);
  });

  it('stands in for vectors whose length overflowed', () => {
    expect(bodiesOf('{"ids":["a"],"embeddings":[[null,null]]}', 1, 1)[0]).toContain(
      '"embeddings":[[3e38,3e38]]',
    );
  });
});
