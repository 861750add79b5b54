import { describe, expect, it } from '@jest/globals';
import { PatternSearch } from './pattern-search.js';

const PATTERNS_LIMIT_MS = 50;

function placed(document: string) {
  const chunk = Buffer.from(`"before"${JSON.stringify(document)}"behind"`);
  return { chunk, start: 8, end: chunk.length - 8 };
}

/** One whose time stands still. */
const patternSearch = () => new PatternSearch(() => 0);

describe('PatternSearch', () => {
  it.each(['plain', 'a "quote"', 'back\\slash', 'line\nfeed', 'é\u001f😀', ''])(
    'tests the text of %j, and nothing around it',
    (document) => {
      const exact = `^${document.replaceAll('\\', '\\\\')}$`;
      expect(patternSearch().tester(exact)?.(placed(document))).toBe(true);
      expect(patternSearch().tester('before|behind|\\\\[nu]')?.(placed(document))).toBe(false);
    },
  );

  it('leaves documents to ChromaDB that would take long', () => {
    const document = placed('a'.repeat(90_000));
    expect(patternSearch().tester('b')?.(document)).toBe(false);
    expect(patternSearch().tester('(?:\\w{1,10}){5}b')?.(document)).toBeUndefined();
  });

  it('gives up when its time is over, for every pattern', () => {
    let nowMs = 0;
    const search = new PatternSearch(() => nowMs);
    const test = search.tester('a');
    expect(test?.(placed('a'))).toBe(true);
    nowMs = PATTERNS_LIMIT_MS + 1;
    expect(test?.(placed('a'))).toBeUndefined();
    expect(search.tester('a')).toBeUndefined();
  });

  it('leaves patterns to ChromaDB that are too large, or none', () => {
    expect(patternSearch().tester('\\w{100}')).toBeUndefined();
    expect(patternSearch().tester('(')).toBeUndefined();
  });
});
