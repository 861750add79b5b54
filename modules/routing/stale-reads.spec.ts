import { describe, expect, it } from '@jest/globals';
import type { FlagName } from '../flags/flag-document.js';
import type { CollectionView } from '../sync/sync.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { bodyOf, cold, HANDLE, situation, STALE_MAX_AGE_MS, type Situation } from './situation.fake.js';

const ALL_ON: readonly FlagName[] = ['mirror-reads', 'answer-cache-reads', 'stale-reads'];

function fail(code: ErrorCode): () => never {
  return () => {
    throw new TidegateError(code, 'of the spec', 'none');
  };
}

/** ChromaDB has answered once, the collection was written since, and now ChromaDB is away. */
async function awayAfterAnswer(given: Partial<Situation> = {}): Promise<Situation> {
  const made = situation({ view: cold(1), on: new Set(ALL_ON) });
  await made.answer();
  return Object.assign(made, { view: cold(2), stream: fail('store-unreachable') }, given);
}

const unserved = (ageMs: number, state: CollectionView['state'] = 'settling'): CollectionView => ({
  state,
  version: 1,
  unchangedSinceVersion: 0,
  mirror: undefined,
  unserved: { handle: HANDLE, freshAtMs: performance.now() - ageMs },
});

describe('stale answers of the answer cache', () => {
  it('are the last ones to the same call, labelled with their age, and counted', async () => {
    const given = await awayAfterAnswer();
    const { tier, reason, status, ageMs, ...answer } = await given.answer();
    expect([tier, reason, status]).toEqual(['stale', 'stale-answer', 200]);
    expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(ageMs).toBeLessThan(STALE_MAX_AGE_MS);
    expect(await bodyOf({ tier, reason, status, ...answer })).toBe('of chroma');
    const exposed = await given.exposed();
    expect(exposed).toContain('tidegate_answers_total{tier="stale",reason="stale-answer"} 1');
    expect(given.learned).toEqual(['chroma', 'stale']);
  });

  it.each<[string, Partial<Situation>]>([
    ['breaks off', { stream: fail('store-failed') }],
    ['does not answer in time', { stream: fail('store-timeout') }],
    ['answers that it is unavailable', { status: 503 }],
    ['has an open breaker', { breaker: 'open', stream: fail('store-unreachable') }],
  ])('are given when ChromaDB %s', async (_, failing) => {
    const given = await awayAfterAnswer({ stream: situation().stream, ...failing });
    expect(await given.route()).toBe('stale: stale-answer');
  });

  it('are given no more when ChromaDB is back, and are not kept as its own', async () => {
    const given = await awayAfterAnswer();
    await given.answer();
    given.stream = situation().stream;
    expect(await given.route()).toBe('chroma: mirror-cold');
  });

  it.each<[string, Partial<Situation>]>([
    ['the flag is off', { on: new Set<FlagName>(['mirror-reads', 'answer-cache-reads']) }],
    ['the answer cache is off for the caller', { on: new Set<FlagName>(['stale-reads']) }],
    ['the caller forces ChromaDB', { forced: true }],
    ['the caller allows no age', { maxStalenessMs: 0 }],
    ['another call is asked for', { body: '{ }' }],
    ['another path is asked for', { path: '/other' }],
    ['the collection is not tracked', { view: undefined }],
    ['the collection may be another one since', { view: { ...cold(2), unchangedSinceVersion: 2 } }],
  ])('are not given when %s', async (_, given) => {
    const asked = (await awayAfterAnswer(given)).answer();
    await expect(asked).rejects.toMatchObject({ code: 'store-unreachable' });
  });

  it('are not given when the caller has gone away', async () => {
    const signal = AbortSignal.abort(new Error('gone'));
    await expect((await awayAfterAnswer({ signal })).answer()).rejects.toThrow('gone');
  });

  it('are not given in place of what ChromaDB says of the call', async () => {
    for (const status of [400, 404, 422, 500]) {
      const given = await awayAfterAnswer({ stream: situation().stream, status });
      expect(await given.answer()).toMatchObject({ tier: 'chroma', status });
    }
  });

  it('are not older than the caller allows; that there are none is counted', async () => {
    const given = await awayAfterAnswer({ maxStalenessMs: 1 });
    const began = performance.now();
    while (performance.now() < began + 3);
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-unreachable' });
    expect(await given.exposed()).toContain('tidegate_tier_failures_total{tier="stale",cause="too-old"} 1');
  });

  it('are not given of a collection that was deleted while ChromaDB was being asked', async () => {
    const given = await awayAfterAnswer();
    let fails: (error: Error) => void = () => undefined;
    given.chromaHeld = new Promise((_, reject) => (fails = reject));
    const asked = given.answer();
    given.view = { ...cold(3), unchangedSinceVersion: 3 };
    fails(new TidegateError('store-unreachable', 'of the spec', 'none'));
    await expect(asked).rejects.toMatchObject({ code: 'store-unreachable' });
  });
});

describe('stale answers of a mirror', () => {
  const away = (view: CollectionView, given: Partial<Situation> = {}) =>
    situation({ view, on: new Set(ALL_ON), stream: fail('store-unreachable'), ...given });

  it.each(['settling', 'loaded', 'drifted', 'warming'] as const)(
    'come from one that is %s',
    async (state) => {
      const answer = await away(unserved(1_000, state)).answer();
      expect([answer.tier, answer.reason, await bodyOf(answer)]).toEqual([
        'stale',
        'stale-mirror',
        'of the mirror',
      ]);
      expect(answer.ageMs).toBeGreaterThanOrEqual(1_000);
    },
  );

  it.each<[string, CollectionView, Partial<Situation>]>([
    ['it is older than the policy allows', unserved(STALE_MAX_AGE_MS + 1), {}],
    ['it is older than the caller allows', unserved(1_000), { maxStalenessMs: 500 }],
    ['mirrors are off for the caller', unserved(0), { on: new Set(['answer-cache-reads', 'stale-reads']) }],
    ['it cannot read the request', unserved(0), { kind: 'opaque' }],
    ['it fails', unserved(0), { mirror: () => Promise.resolve('incomplete') }],
    ['it is of another dimension', unserved(0), { dimension: 3 }],
  ])('are not given when %s', async (_, view, given) => {
    await expect(away(view, given).answer()).rejects.toMatchObject({ code: 'store-unreachable' });
  });

  it('answer what is too light to be kept', async () => {
    expect(await away(unserved(0), { light: true }).route()).toBe('stale: stale-mirror');
  });

  it('are never kept as if they were true', async () => {
    const given = away(unserved(0));
    await given.answer();
    expect(given.cache.entries).toBe(0);
  });
});
