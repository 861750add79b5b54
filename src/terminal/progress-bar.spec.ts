import { describe, expect, it } from '@jest/globals';
import { progressBar } from './progress-bar.js';

function shown(isTTY: boolean, steps: readonly (readonly [number, string?])[]): string {
  const texts: string[] = [];
  const show = progressBar('Reading', 8, { isTTY, write: (text) => texts.push(text) });
  for (const [done, note] of steps) show(done, note);
  return texts.join('');
}

describe('progressBar', () => {
  it('moves on one line of a terminal, which ends with the last step', () => {
    const [, first, second, ...more] = shown(true, [[4, '2/s, 2 s left'], [8]]).split('\r');
    expect(first).toContain(`${'█'.repeat(15)}${'░'.repeat(15)} 4/8  2/s, 2 s left`);
    expect(second).toContain(`${'█'.repeat(30)} 8/8`);
    expect([second?.endsWith('\n'), more]).toEqual([true, []]);
  });

  it('is a line per quarter elsewhere', () => {
    expect(shown(false, [[1], [2], [3, 'a note'], [7], [8]])).toBe(
      ['Reading 25 % (2/8)', 'Reading 75 % (7/8)', 'Reading 100 % (8/8)', ''].join('\n'),
    );
  });
});
