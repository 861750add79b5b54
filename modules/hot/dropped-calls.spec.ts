import { describe, expect, it } from '@jest/globals';
import { DroppedCalls } from './dropped-calls.js';

describe('DroppedCalls', () => {
  it('are seen through the same memory, and no others are', () => {
    const mine = new DroppedCalls();
    const theirs = new DroppedCalls(mine.shared);
    mine.add(7);
    expect(theirs.has(7)).toBe(true);
    expect(theirs.has(6)).toBe(false);
    expect(theirs.has(7 + 65_536)).toBe(false);
  });

  it('are told apart beyond 32 bits', () => {
    const calls = new DroppedCalls();
    const late = 2 ** 33 + 5;
    expect(calls.has(late)).toBe(false);
    calls.add(late);
    expect(calls.has(late)).toBe(true);
    expect(calls.has(late + 65_536)).toBe(false);
  });
});
