import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { FlagName } from '../flags/flag-document.js';
import { TidegateError } from '../vector/errors.js';
import { bodyOf, cold, HANDLE, situation, warm, type Situation } from './situation.fake.js';

describe('Router, order of tiers', () => {
  it('asks the mirror first, and the cache from then on', async () => {
    const given = situation();
    const first = await given.answer();
    expect([first.tier, first.reason, first.status]).toEqual(['mirror', 'warm', 200]);
    expect(first.headers).toEqual(['content-type', 'application/json']);
    expect(await bodyOf(first)).toBe('of the mirror');
    const second = await given.answer();
    expect([second.tier, second.reason]).toEqual(['answer-cache', 'cached']);
    expect(await bodyOf(second)).toBe('of the mirror');
    expect(given.asked).toEqual(['mirror']);
  });

  it('hands the answer of ChromaDB on with its status and headers', async () => {
    const given = situation({ view: cold(), status: 422 });
    const answer = await given.answer();
    expect(answer).toMatchObject({ tier: 'chroma', reason: 'mirror-cold', status: 422 });
    expect(answer.headers).toEqual(given.headers);
    expect(await bodyOf(answer)).toBe('of chroma');
  });

  it.each([
    ['unsupported-filter', situation({ kind: 'unsupported-filter' })],
    ['opaque', situation({ kind: 'opaque' })],
    ['flag-off', situation({ on: new Set() })],
    ['forced', situation({ forced: true })],
    [
      'in-doubt',
      situation({ view: { state: 'settling', version: 1, unchangedSinceVersion: 0, mirror: undefined } }),
    ],
    ['untracked', situation({ view: undefined })],
    ['untracked', situation({ target: undefined })],
    ['too-old', situation({ maxStalenessMs: 0 })],
  ])('asks ChromaDB: %s', async (reason, given) => {
    expect(await given.route()).toBe(`chroma: ${reason}`);
  });

  it('waits for flags that are not known yet', async () => {
    expect(await situation({ flagsAreKnown: false }).route()).toBe('mirror: warm');
    expect(await situation({ flagsAreKnown: false, on: new Set() }).route()).toBe('chroma: flag-off');
  });

  it('asks ChromaDB a second time when it is forced, and keeps no answer then', async () => {
    const given = situation({ forced: true });
    await given.answer();
    expect(await given.route()).toBe('chroma: forced');
    given.forced = false;
    expect(await given.route()).toBe('mirror: warm');
  });

  it('counts who answered and why', async () => {
    const given = situation();
    await given.answer();
    expect(await given.exposed()).toContain('tidegate_answers_total{tier="mirror",reason="warm"} 1');
  });
});

describe('Router, when the mirror fails', () => {
  it.each([
    ['mirror-busy', () => Promise.reject(new TidegateError('mirror-busy', '', ''))],
    ['mirror-timeout', () => Promise.reject(new TidegateError('mirror-timeout', '', ''))],
    ['mirror-lost', () => Promise.reject(new TidegateError('mirror-lost', '', ''))],
    ['error', () => Promise.reject(new Error('unforeseen'))],
    ['incomplete', () => Promise.resolve('incomplete' as const)],
  ])('asks ChromaDB and counts the cause: %s', async (cause, mirror) => {
    const given = situation({ mirror });
    expect(await given.route()).toBe('chroma: mirror-failed');
    expect(await given.exposed()).toContain(`tidegate_tier_failures_total{tier="mirror",cause="${cause}"} 1`);
  });

  it('asks ChromaDB about a vector of another dimension', async () => {
    const given = situation({ dimension: 3, status: 400 });
    expect(await given.route()).toBe('chroma: mirror-failed');
    expect(given.asked).toEqual(['chroma']);
  });
});

describe('Router, cached answers', () => {
  it('keeps an answer of ChromaDB for the same call', async () => {
    const given = situation({ view: cold() });
    expect(await bodyOf(await given.answer())).toBe('of chroma');
    const again = await given.answer();
    expect(again.tier).toBe('answer-cache');
    expect(await bodyOf(again)).toBe('of chroma');
  });

  it.each([
    ['version', { view: cold(2) }],
    ['path', { path: '/other' }],
    ['body', { body: '{ }' }],
  ])('does not answer from the cache for another %s', async (_, other) => {
    const given = situation({ view: cold() });
    await given.answer();
    expect(await Object.assign(given, other).route()).toBe('chroma: mirror-cold');
  });

  it.each([
    ['of another status', { status: 404 }],
    ['of no told length', { headers: [] }],
    ['that is too large', { headers: ['Content-Length', '1001'] }],
  ])('keeps no answer %s', async (_, odd) => {
    const given = situation({ view: cold(), ...odd });
    expect(await bodyOf(await given.answer())).toBe('of chroma');
    expect(await given.route()).toBe('chroma: mirror-cold');
  });

  it('keeps no compressed answer, as another caller may not understand it', async () => {
    const given = situation({ view: cold(), headers: ['content-length', '9', 'content-encoding', 'gzip'] });
    await given.answer();
    expect(await given.route()).toBe('chroma: mirror-cold');
  });

  it('keeps nothing while the flag is off', async () => {
    const given = situation({ on: new Set<FlagName>(['mirror-reads']) });
    await given.answer();
    expect(await given.route()).toBe('mirror: warm');
  });

  it('tells that ChromaDB broke off while its answer was read', async () => {
    const broken = () =>
      new Readable({
        read() {
          this.destroy(new Error('reset'));
        },
      });
    const given = situation({ view: cold(), stream: broken });
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-failed' });
  });
});

describe('Router, answers of a bounded age', () => {
  const agedMs = (ageMs: number) => warm(performance.now() - ageMs);

  it('takes the mirror that is fresh enough, and its kept answer', async () => {
    const given = situation({ view: agedMs(1_000), maxStalenessMs: 60_000 });
    expect(await given.route()).toBe('mirror: warm');
    expect(await given.route()).toBe('answer-cache: cached');
  });

  it('asks ChromaDB where the mirror is too old, and keeps its fresher answer', async () => {
    const given = situation({ view: agedMs(10_000), maxStalenessMs: 5_000 });
    expect(await given.route()).toBe('chroma: too-old');
    const kept = await given.answer();
    expect([kept.tier, await bodyOf(kept)]).toEqual(['answer-cache', 'of chroma']);
  });

  it('does not take an answer that was kept of a mirror that is too old', async () => {
    const given = situation({ view: agedMs(10_000) });
    await given.answer();
    given.maxStalenessMs = 5_000;
    expect(await given.route()).toBe('chroma: too-old');
    given.maxStalenessMs = undefined;
    expect(await bodyOf(await given.answer())).toBe('of chroma');
  });

  it('always asks ChromaDB for a caller who allows no age, and keeps nothing for others', async () => {
    const given = situation({ maxStalenessMs: 0 });
    expect(await given.route()).toBe('chroma: too-old');
    expect(await given.route()).toBe('chroma: too-old');
    given.maxStalenessMs = undefined;
    expect(await given.route()).toBe('mirror: warm');
  });

  it('trusts no mirror that does not say since when it is fresh', async () => {
    const view = { state: 'warm' as const, version: 1, unchangedSinceVersion: 0, mirror: HANDLE };
    const given = situation({ view, maxStalenessMs: 60_000 });
    expect(await given.route()).toBe('chroma: too-old');
    given.maxStalenessMs = undefined;
    Object.assign(given, { body: '{ }' });
    expect(await given.route()).toBe('mirror: warm');
    given.maxStalenessMs = 60_000;
    expect(await given.route()).toBe('chroma: too-old');
  });
});

describe('Router, when the mirror is slow', () => {
  /** So many durations lie in the windows. */
  function slow(given: Partial<Situation> = {}): Situation {
    const made = situation({ on: new Set<FlagName>(['mirror-reads']), ...given });
    for (let n = 0; n < 20; n++) {
      made.paces.record('mirror', HANDLE, 100);
      made.paces.record('chroma', HANDLE, 10);
    }
    return made;
  }

  it('asks ChromaDB first, and the mirror now and then', async () => {
    const given = slow();
    const routes: string[] = [];
    for (let n = 0; n < 40; n++) routes.push(await given.route());
    const explored = routes.filter((route) => route === 'mirror: exploring');
    expect(explored).toHaveLength(2);
    expect(routes.filter((route) => route === 'chroma: slower')).toHaveLength(38);
  });

  it('asks the mirror where the breaker of ChromaDB is open', async () => {
    expect(await slow({ breaker: 'open' }).route()).toBe('mirror: warm');
  });

  it.each([
    ['answers that it is unavailable', { status: 503 }, 'unavailable'],
    [
      'cannot be reached',
      {
        stream: () => {
          throw new TidegateError('store-unreachable', '', '');
        },
      },
      'store-unreachable',
    ],
  ])('asks the mirror when ChromaDB %s, and first from then on', async (_, failing, cause) => {
    const given = slow(failing);
    const answer = await given.answer();
    expect([answer.tier, answer.reason, await bodyOf(answer)]).toEqual(['mirror', 'slower', 'of the mirror']);
    expect(await given.exposed()).toContain(`tidegate_tier_failures_total{tier="chroma",cause="${cause}"} 1`);
    expect(await given.route()).toBe('mirror: warm');
  });

  it('tells what ChromaDB said when the mirror cannot answer either', async () => {
    const given = slow({ status: 503, mirror: () => Promise.resolve('incomplete') });
    const answer = await given.answer();
    expect([answer.tier, answer.status, await bodyOf(answer)]).toEqual(['chroma', 503, 'of chroma']);
    expect(await given.exposed()).toContain('tidegate_answers_total{tier="chroma",reason="slower"} 1');
  });

  it('asks nobody else when the caller has gone away', async () => {
    const stream = () => {
      throw new TidegateError('store-failed', 'aborted', '');
    };
    const given = slow({ stream, signal: AbortSignal.abort() });
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-failed' });
    expect(given.asked).toEqual(['chroma']);
  });

  it('finds out how fast ChromaDB is, a few queries at a time', async () => {
    const given = situation({ on: new Set<FlagName>(['mirror-reads']) });
    for (let n = 0; n < 20; n++) given.paces.record('mirror', HANDLE, 100);
    const routes: string[] = [];
    for (let n = 0; n < 20; n++) routes.push(await given.route());
    expect(routes.filter((route) => route === 'chroma: exploring')).toHaveLength(1);
    expect(routes.filter((route) => route === 'mirror: warm')).toHaveLength(19);
  });
});

describe('Router, learning from ChromaDB', () => {
  it.each(['cold', 'warming', 'catching-up', 'refused'] as const)(
    'asks for the mirror of a collection that is %s and answers',
    async (state) => {
      const given = situation({ view: { state, version: 1, unchangedSinceVersion: 0, mirror: undefined } });
      await given.answer();
      expect(given.asked).toEqual(['chroma', 'want-mirror']);
    },
  );

  it('asks for the mirror that could answer what ChromaDB does not implement', async () => {
    const given = situation({ view: cold(), status: 501 });
    await given.answer();
    expect(given.asked).toEqual(['chroma', 'want-mirror']);
  });

  it.each(['unsupported-filter', 'opaque'] as const)(
    'asks for no mirror where ChromaDB does not implement what is %s',
    async (kind) => {
      const given = situation({ view: cold(), status: 501, kind });
      await given.answer();
      expect(given.asked).toEqual(['chroma']);
    },
  );

  it('tells who answered, unless it was with an error', async () => {
    const given = situation();
    await given.answer();
    await given.answer();
    await Object.assign(given, { forced: true }).answer();
    await Object.assign(given, { status: 400 }).answer();
    expect(given.learned).toEqual(['mirror', 'answer-cache', 'chroma']);
  });

  it('forgets a collection that ChromaDB does not know', async () => {
    const given = situation({ view: cold(), status: 404 });
    await given.answer();
    expect(given.asked).toEqual(['chroma', 'forget']);
  });

  it.each([
    ['an error', situation({ view: cold(), status: 500 })],
    ['a forced query', situation({ view: cold(), forced: true })],
    ['a light query', situation({ view: cold(), light: true })],
    ['a flag that is off', situation({ view: cold(), on: new Set() })],
    ['a path without a collection', situation({ target: undefined, status: 404 })],
  ])('learns nothing from %s', async (_, given) => {
    await given.answer();
    expect(given.asked).toEqual(['chroma']);
  });

  it('hands the failure of ChromaDB on', async () => {
    const given = situation({
      view: cold(),
      stream: () => {
        throw new TidegateError('store-unreachable', '', '');
      },
    });
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-unreachable' });
  });
});
