import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Placed } from './byte-arena.js';
import { DocumentTexts } from './document-texts.js';

/** Characters that JSON escapes, and the letters that its escapes are made of. */
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'n', 'u', '0', '\\', '"', '\n', '\t', '\u001f', 'é', '😀', '%'),
});

function placeOf(json: string): Placed {
  const chunk = Buffer.from(json);
  return { chunk, start: 0, end: chunk.length };
}

function found(documents: readonly string[], wanted: string): number[] | undefined {
  const texts = new DocumentTexts();
  const places = documents.map((document, slot) => {
    const place = placeOf(JSON.stringify(document));
    texts.add(slot, place);
    return place;
  });
  const candidates = texts.having(wanted, documents.length);
  return candidates?.slots
    .toArray()
    .filter((slot) => candidates.check?.({ slot, document: places[slot] }) ?? true);
}

describe('DocumentTexts', () => {
  it('finds each document that contains the text', () => {
    fc.assert(
      fc.property(fc.array(text), text, (documents, wanted) => {
        const containing = documents.flatMap((document, index) => (document.includes(wanted) ? [index] : []));
        expect(found(documents, wanted)).toEqual(containing);
      }),
      { numRuns: 1_000 },
    );
  });

  it('rules most others out without a look at them', () => {
    const texts = new DocumentTexts();
    for (let slot = 0; slot < 3_000; slot++) {
      texts.add(slot, placeOf(`"the document with the number ${slot} of them all"`));
    }
    const candidates = texts.having('number 2345 of', 3_000)?.slots;
    expect(candidates?.has(2_345)).toBe(true);
    expect(candidates?.count()).toBeLessThan(100);
  });

  it('is not misled by the letters of escapes', () => {
    expect(found(['a\nb', 'anb', '\\n'], 'n')).toEqual([1, 2]);
  });

  it('gives up where a document has a NUL, behind which ChromaDB does not search', () => {
    expect(found(['a\0b'], 'a')).toBeUndefined();
  });
});
