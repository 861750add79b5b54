import { describe, expect, it } from '@jest/globals';
import { parseCollectionId } from './collection-id.js';

const CANONICAL = '18f7e81e-d1ef-4e86-863d-02cf7dc2bf09';

describe('parseCollectionId', () => {
  it.each([
    CANONICAL,
    CANONICAL.toUpperCase(),
    CANONICAL.replaceAll('-', ''),
    `{${CANONICAL}}`,
    `urn:uuid:${CANONICAL}`,
  ])('reads %s as one id', (text) => {
    expect(parseCollectionId(text)).toBe(CANONICAL);
  });

  it.each(['', 'name', CANONICAL.slice(1), `${CANONICAL}0`, `{${CANONICAL}`, `${CANONICAL} `])(
    'refuses %j',
    (text) => {
      expect(parseCollectionId(text)).toBeUndefined();
    },
  );
});
