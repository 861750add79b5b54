import { describe, expect, it } from '@jest/globals';
import { resultsPage, summaryTable } from './markdown.js';
import { ratioPlot } from './ratio-plot.js';
import { withSection } from './readme-section.js';
import { resultsWith, rowWith } from './results.fake.js';
import { judgeTargets } from './targets.js';

const rows = [
  rowWith('plain', 1, { p50: 0.21, rate: 5 }),
  rowWith('forced <miss>', 16, { p50: 2, rate: 0.5 }),
];

describe('what is written of results', () => {
  it('is a table of as many cells in each row', () => {
    const page = resultsPage(resultsWith(rows), judgeTargets(resultsWith(rows)), ['a.svg']);
    const blocks = page.split('\n\n').filter((block) => block.startsWith('|'));
    expect(blocks).toHaveLength(2);
    for (const block of blocks) {
      expect(new Set(block.split('\n').map((line) => line.split(' | ').length)).size).toBe(1);
    }
    expect(page).toContain('MISSED');
    expect(page).toContain('![a.svg](a.svg)');
    expect(page).toContain('2030-01-02');
  });

  it('says who was faster, and how many times', () => {
    expect(summaryTable(rows).split('\n')[2]).toBe('| plain | 1 | 1 ms | 1 ms | 5× | 0.21× |');
  });

  it('is a plot that is sound XML, with a bar for each row', () => {
    const plot = ratioPlot('speed & ratio', rows, ({ ratios }) => ratios.rate);
    expect(plot).toContain('speed &amp; ratio');
    expect(plot).toContain('forced &lt;miss&gt;, 16');
    expect(plot.match(/<rect /g)).toHaveLength(rows.length + 1);
    expect(plot).not.toMatch(/NaN|Infinity|="-/);
  });

  it('replaces what stands between its marks in the README, and nothing else', () => {
    const marks = ['<!-- benchmark: written by npm run bench -->', '<!-- benchmark: end -->'] as const;
    const before = `a\n${marks.join('\n\nold\n\n')}\nb`;
    expect(withSection(before, 'new')).toBe(`a\n${marks.join('\n\nnew\n\n')}\nb`);
    expect(withSection(withSection(before, 'new'), 'old')).toBe(before);
    expect(() => withSection('a', 'new')).toThrow('lacks');
  });
});
