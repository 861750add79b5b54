import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteArena, type Placed } from './byte-arena.js';
import { lengthsOf, RecordTexts, totalOf, type RecordFields } from './record-texts.js';

const FIELDS = ['id', 'document', 'metadata', 'uri'] as const;
const text = fc.string({ minLength: 1, maxLength: 30 });
const optional = fc.option(text, { nil: undefined });
const fields = fc.record({ id: text, document: optional, metadata: optional, uri: optional });
type Texts = typeof fields extends fc.Arbitrary<infer T> ? T : never;

function placeOf(content: string | undefined): Placed | undefined {
  if (content === undefined) return undefined;
  const chunk = Buffer.from(`.${content}.`);
  return { chunk, start: 1, end: chunk.length - 1 };
}

function fieldsOf({ id, document, metadata, uri }: Texts): RecordFields {
  const chunk = Buffer.from(id);
  return {
    id: { chunk, start: 0, end: chunk.length },
    document: placeOf(document),
    metadata: placeOf(metadata),
    uri: placeOf(uri),
  };
}

const contentOf = (place: Placed | undefined) =>
  place && Buffer.from(place.chunk.subarray(place.start, place.end)).toString();

describe('RecordTexts', () => {
  it('tells each text of each record, whichever others it has', () => {
    fc.assert(
      fc.property(fc.array(fields), (records) => {
        const arena = new ByteArena();
        const held = records.map((record) => RecordTexts.copied(fieldsOf(record), arena));
        records.forEach((record, at) => {
          for (const field of FIELDS) expect(contentOf(held[at]?.[field])).toBe(record[field]);
        });
      }),
    );
  });

  it('tells where all of them lie, and how long each is', () => {
    fc.assert(
      fc.property(fields, (record) => {
        const texts = RecordTexts.copied(fieldsOf(record), new ByteArena());
        expect(contentOf(texts.all)).toBe(FIELDS.map((field) => record[field] ?? '').join(''));
        expect(totalOf(lengthsOf(texts))).toBe(texts.all.end - texts.all.start);
      }),
    );
  });
});
