import { describe, expect, it } from '@jest/globals';
import { movedMemory } from './moved-memory.js';

describe('movedMemory', () => {
  it('is that of a large answer', () => {
    const result = new Uint8Array(1_000_000);
    expect(movedMemory({ sequence: 1, result })).toEqual([result.buffer]);
  });

  it.each([
    ['a short answer', { sequence: 1, result: new Uint8Array(2_000) }],
    ['no answer', { sequence: 1, result: undefined }],
    ['an error', { sequence: 1, error: 'closed' }],
  ])('is nothing for %s', (_, reply) => {
    expect(movedMemory(reply)).toEqual([]);
  });
});
