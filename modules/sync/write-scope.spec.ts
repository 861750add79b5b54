import { describe, expect, it } from '@jest/globals';
import { outcomeOfStatus } from './write-scope.js';

describe('outcomeOfStatus', () => {
  it.each([
    [200, 'applied'],
    [201, 'applied'],
    [304, 'applied'],
    [400, 'refused'],
    [404, 'refused'],
    [429, 'refused'],
    [499, 'refused'],
    [501, 'refused'],
    [500, 'in-doubt'],
    [502, 'in-doubt'],
    [503, 'in-doubt'],
    [504, 'in-doubt'],
  ])('%p: %s', (status, outcome) => {
    expect(outcomeOfStatus(status)).toBe(outcome);
  });
});
