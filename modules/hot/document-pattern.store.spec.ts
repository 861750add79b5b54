import { describe, expect, it } from '@jest/globals';
import { compilePattern } from './document-pattern.store.js';

function found(pattern: string, documents: readonly string[]): string[] | undefined {
  const compiled = compilePattern(pattern);
  return compiled && documents.filter((document) => compiled.test(Buffer.from(document)));
}

describe('compilePattern', () => {
  it.each([
    ['', ['', 'a'], ['', 'a']],
    ['^b', ['ab', 'a\nb', 'b'], ['b']],
    ['(?m)^b$', ['a\nb', 'a\nb\r\n'], ['a\nb']],
    ['(?mR)^b$', ['a\nb\r\n'], ['a\nb\r\n']],
    ['a.b', ['a\nb', 'a\rb', 'a\0b'], ['a\rb', 'a\0b']],
    ['(?s)a.b', ['a\nb'], ['a\nb']],
    ['(?i)k', ['K', '\u212a', 'q'], ['K', '\u212a']],
    ['(?i)STRASSE', ['strasse', 'straße'], ['strasse']],
    ['^\\d+$', ['12', '١٢', 'x'], ['12', '١٢']],
    ['^\\w$', ['é', '水', '_', '-'], ['é', '水', '_']],
    ['^.$', ['😀', 'e\u0301'], ['😀']],
    ['\0', ['a\0', 'a'], ['a\0']],
    ['(?-u:\\b)a', ['éa', 'ba'], ['éa']],
    ['[a-z--[aeiou]]', ['a', 'b'], ['b']],
  ])('finds with %j what ChromaDB finds', (pattern, documents, expected) => {
    expect(found(pattern, documents)).toEqual(expected);
  });

  it.each([
    '(',
    'a{2',
    '*',
    '(?=a)',
    '(a)\\1',
    '\\Z',
    '(?-u).',
    '(?-u)\\d',
    '(?i-u)k',
    '[a&&b]',
    '[^\\s\\S]',
    'x|\\P{any}',
    '\\p{NoSuchClass}',
    `${'('.repeat(300)}${')'.repeat(300)}`,
    '\\w{500}',
  ])('compiles none of what ChromaDB refuses: %#', (pattern) => {
    expect(compilePattern(pattern)).toBeUndefined();
  });

  it('gives the same for the same pattern, while it is one of the last', () => {
    const first = compilePattern('first');
    expect(compilePattern('first')).toBe(first);
    for (let other = 0; other < 8; other++) compilePattern(`other ${other}`);
    expect(compilePattern('first')).not.toBe(first);
  });

  it('takes no more memory for the last of many patterns than for the first', () => {
    const sizes = Array.from({ length: 90 }, (_, number) => {
      const compiled = compilePattern(`^\\w+ ${number + 10}$`);
      expect(compiled?.test(Buffer.from(`été ${number + 10}`))).toBe(true);
      return compiled?.bytes;
    });
    expect(new Set(sizes).size).toBe(1);
  });
});
