import { describe, expect, it } from '@jest/globals';
import { isOlderVersion, renameSuites } from './debian-suites.js';

describe('isOlderVersion', () => {
  it.each([
    ['2.36', '2.38', true],
    ['2.38', '2.38', false],
    ['2.41', '2.38', false],
    ['2.4', '2.38', true],
    ['3', '2.38', false],
  ])('%s older than %s: %p', (a, b, older) => {
    expect(isOlderVersion(a, b)).toBe(older);
  });
});

describe('renameSuites', () => {
  it('renames the suites and nothing else', () => {
    const list = 'Suites: bookworm bookworm-updates\nURIs: http://mirror.example/debian\n';
    expect(renameSuites(list, 'bookworm', 'trixie')).toBe(
      'Suites: trixie trixie-updates\nURIs: http://mirror.example/debian\n',
    );
  });

  it('leaves out lists of other origins', () => {
    expect(renameSuites('deb http://vendor.example stable main', 'bookworm', 'trixie')).toBeUndefined();
  });
});
