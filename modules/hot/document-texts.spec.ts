import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DocumentTexts } from './document-texts.js';

/** Characters that JSON escapes, and the letters that its escapes are made of. */
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'n', 'u', '0', '\\', '"', '\n', '\t', '\u001f', 'é', '😀', '%'),
});

function found(documents: readonly string[], wanted: string): number[] | undefined {
  const texts = new DocumentTexts<number>();
  documents.forEach((document, index) => {
    const bytes = Buffer.from(JSON.stringify(document));
    texts.add(index, bytes, 0, bytes.length);
  });
  const owners: number[] = [];
  return texts.find(wanted, (owner) => owners.push(owner)) ? owners : undefined;
}

describe('DocumentTexts', () => {
  it('finds each document that contains the text, once and in order', () => {
    fc.assert(
      fc.property(fc.array(text), text, (documents, wanted) => {
        const containing = documents.flatMap((document, index) => (document.includes(wanted) ? [index] : []));
        expect(found(documents, wanted)).toEqual(containing);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is not misled by the letters of escapes', () => {
    expect(found(['a\nb', 'anb', '\\n'], 'n')).toEqual([1, 2]);
  });

  it('gives up where a document has a NUL, behind which ChromaDB does not search', () => {
    expect(found(['a\0b'], 'a')).toBeUndefined();
  });
});
