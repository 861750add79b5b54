import { describe, expect, it } from '@jest/globals';
import { TidegateError } from '../vector/errors.js';
import { bodyOf, situation, warm, type Situation } from './situation.fake.js';

const searches = ({ asked }: Situation) => asked.filter((tier) => tier === 'mirror').length;

describe('HotTiers, asked the same at the same time', () => {
  it('search the mirror once', async () => {
    const given = situation();
    const answers = await Promise.all([given.answer(), given.answer()]);
    expect(answers.map(({ tier, reason }) => [tier, reason])).toEqual([
      ['mirror', 'warm'],
      ['mirror', 'shared'],
    ]);
    expect(await Promise.all(answers.map(bodyOf))).toEqual(['of the mirror', 'of the mirror']);
    expect(searches(given)).toBe(1);
    expect(await given.exposed()).toContain('tidegate_shared_answers_total{tier="mirror"} 1');
  });

  it('hand all who wait on to ChromaDB together when the mirror fails', async () => {
    const given = situation({ mirror: () => Promise.reject(new TidegateError('mirror-busy', '', '')) });
    const answers = await Promise.all([given.answer(), given.answer()]);
    expect(answers.map(({ reason }) => reason)).toEqual(['mirror-failed', 'shared']);
    expect(given.asked).toEqual(['mirror', 'chroma']);
    expect(await given.exposed()).toContain(
      'tidegate_tier_failures_total{tier="mirror",cause="mirror-busy"} 1',
    );
  });

  it('do not share between mirrors that were filled at different times', async () => {
    const given = situation({ view: warm(1) });
    const first = given.answer();
    given.view = warm(2);
    await Promise.all([first, given.answer()]);
    expect(searches(given)).toBe(2);
  });

  it('do not share for a caller whose answers are not to be kept', async () => {
    const given = situation({ on: new Set(['mirror-reads'] as const) });
    await Promise.all([given.answer(), given.answer()]);
    expect(searches(given)).toBe(2);
  });
});

describe('HotTiers, telling their pace', () => {
  it.each([
    ['an answer', () => Promise.resolve(Buffer.from('{}')), 1],
    ['a search that took too long', () => Promise.reject(new TidegateError('mirror-timeout', '', '')), 1],
    ['a refusal', () => Promise.reject(new TidegateError('mirror-busy', '', '')), 0],
    ['half an answer', () => Promise.resolve('incomplete' as const), 0],
  ])('count %s', async (_, mirror, count) => {
    const given = situation({ mirror });
    const recorded = given.recordedPaces();
    await given.answer();
    expect(recorded.filter((tier) => tier === 'mirror')).toHaveLength(count);
  });
});
