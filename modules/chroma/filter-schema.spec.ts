import { describe, expect, it } from '@jest/globals';
import { allowsAllFilters } from './filter-schema.js';

const index = (type: string, enabled: boolean) => ({ [type]: { [`${type}_inverted_index`]: { enabled } } });
const DEFAULTS = {
  ...index('string', true),
  ...index('int', true),
  ...index('float', true),
  ...index('bool', true),
};
const DOCUMENT = { string: { fts_index: { enabled: true }, string_inverted_index: { enabled: false } } };
const keys = { '#document': DOCUMENT, '#embedding': {}, x: index('int', true) };

describe('allowsAllFilters', () => {
  it('holds for the schema ChromaDB makes by itself, and for servers without schemas', () => {
    expect(allowsAllFilters({ defaults: DEFAULTS, keys })).toBe(true);
    expect(allowsAllFilters(null)).toBe(true);
  });

  it.each([
    ['an index off by default', { defaults: { ...DEFAULTS, ...index('float', false) }, keys }],
    ['an index off for one key', { defaults: DEFAULTS, keys: { ...keys, y: index('string', false) } }],
    [
      'no search of documents',
      { defaults: DEFAULTS, keys: { ...keys, '#document': index('string', false) } },
    ],
    ['a shape that is not known', { defaults: {}, keys }],
  ])('does not hold for %s', (_, schema) => {
    expect(allowsAllFilters(schema)).toBe(false);
  });
});
