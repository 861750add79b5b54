import { describe, expect, it } from '@jest/globals';
import { TidegateError } from '../vector/errors.js';
import type { Explanation } from './explainer.service.js';
import { cold, situation, warm } from './situation.fake.js';

/** Each tier's outcome: what it answered, or why not. */
const outcomes = ({ steps }: Explanation) =>
  steps.map(({ tier, trial }) => {
    const body = trial?.body && Buffer.from(trial.body).toString();
    return `${tier}: ${body ?? trial?.failure ?? 'not asked'}`;
  });

describe('Explainer', () => {
  it('tells the plan, and asks nobody', async () => {
    const given = situation({ view: warm(performance.now() - 500) });
    const { view, steps, mirrorAgeMs } = await given.explain(false);
    expect(view).toBe(given.view);
    expect(mirrorAgeMs).toBeGreaterThanOrEqual(500);
    expect(steps.map(({ tier, in: isIn, reason }) => [tier, isIn, reason])).toEqual([
      ['answer-cache', true, 'cached'],
      ['mirror', true, 'warm'],
      ['chroma', true, 'mirror-failed'],
      ['stale', false, 'flag-off'],
    ]);
    expect(steps.every(({ trial }) => trial === undefined)).toBe(true);
    expect(given.asked).toEqual([]);
  });

  it('asks each tier that is in', async () => {
    const given = situation();
    expect(outcomes(await given.explain(true))).toEqual([
      'answer-cache: not-cached',
      'mirror: of the mirror',
      'chroma: of chroma',
      'stale: not asked',
    ]);
    const { steps } = await given.explain(true);
    for (const { trial } of steps.slice(0, 3)) expect(trial?.actualMs).toBeGreaterThanOrEqual(0);
  });

  it('finds the answer that a query left', async () => {
    const given = situation();
    await given.answer();
    expect(outcomes(await given.explain(true))[0]).toBe('answer-cache: of the mirror');
    given.maxStalenessMs = 1;
    given.view = warm(performance.now() - 10);
    const began = performance.now();
    while (performance.now() < began + 2);
    expect(outcomes(await given.explain(true)).slice(0, 2)).toEqual([
      'answer-cache: too-old',
      'mirror: not asked',
    ]);
  });

  it.each([
    ['an error', { status: 400 }, 'status-400'],
    [
      'a failure',
      {
        stream: () => {
          throw new TidegateError('store-timeout', '', '');
        },
      },
      'store-timeout',
    ],
  ])('tells that ChromaDB gave %s', async (_, failing, failure) => {
    const given = situation({ view: cold(), ...failing });
    expect(outcomes(await given.explain(true))).toEqual([
      'answer-cache: not-cached',
      'mirror: not asked',
      `chroma: ${failure}`,
      'stale: not asked',
    ]);
  });

  it('tells why the mirror gave none', async () => {
    const given = situation({ dimension: 3 });
    expect(outcomes(await given.explain(true))[1]).toBe('mirror: dimension');
  });

  it('tells what would be given if ChromaDB failed', async () => {
    const given = situation({ view: cold(1) });
    given.on.add('stale-reads');
    expect(outcomes(await given.explain(true)).at(-1)).toBe('stale: nothing-kept');
    await given.answer();
    given.view = cold(2);
    expect(outcomes(await given.explain(true))).toEqual([
      'answer-cache: not-cached',
      'mirror: not asked',
      'chroma: of chroma',
      'stale: of chroma',
    ]);
  });

  it('counts, keeps and learns nothing', async () => {
    const given = situation({ view: cold() });
    const recorded = given.recordedPaces();
    for (let n = 0; n < 20; n++) await given.explain(true);
    expect(given.cache.entries).toBe(0);
    expect(given.asked).not.toContain('want-mirror');
    given.view = warm(performance.now());
    await given.explain(true);
    expect(given.asked).toContain('mirror');
    expect(recorded).toEqual([]);
    const exposed = await given.exposed();
    expect(exposed).not.toMatch(/^tidegate_(answers|tier_failures|shared_answers)_total\{/m);
  });
});
