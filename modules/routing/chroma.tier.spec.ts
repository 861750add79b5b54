import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlagName } from '../flags/flag-document.js';
import { TidegateError } from '../vector/errors.js';
import type { RoutedAnswer } from './router.service.js';
import { bodyOf, cold, situation, warm, type Situation } from './situation.fake.js';

/** ChromaDB answers when it is told to. */
function held(given: Situation): () => void {
  let release: () => void = () => undefined;
  given.chromaHeld = new Promise<void>((resolve) => {
    release = resolve;
  });
  return release;
}

const namesOf = (answers: readonly RoutedAnswer[]) => answers.map(({ tier, reason }) => `${tier}: ${reason}`);
const upstream = ({ asked }: Situation) => asked.filter((tier) => tier === 'chroma').length;

/** Asks twice at the same time, with something changed in between. */
async function twice(given: Situation, changed: Partial<Situation> = {}): Promise<RoutedAnswer[]> {
  const release = held(given);
  const first = given.answer();
  await nextTurn();
  const second = Object.assign(given, changed).answer();
  await nextTurn();
  release();
  return Promise.all([first, second]);
}

describe('ChromaTier, asked the same at the same time', () => {
  it('asks ChromaDB once, and gives everyone the same bytes', async () => {
    const given = situation({ view: cold() });
    const answers = await twice(given);
    expect(namesOf(answers)).toEqual(['chroma: mirror-cold', 'chroma: shared']);
    expect(await Promise.all(answers.map(bodyOf))).toEqual(['of chroma', 'of chroma']);
    expect(answers[1]?.headers).toEqual(given.headers);
    expect(upstream(given)).toBe(1);
    const exposed = await given.exposed();
    expect(exposed).toContain('tidegate_shared_answers_total{tier="chroma"} 1');
    expect(exposed).toContain('tidegate_answers_total{tier="chroma",reason="shared"} 1');
  });

  it('takes a garbled answer for a failure, and keeps it for nobody', async () => {
    const headers = ['content-type', 'application/json', 'content-length', '9'];
    const stream = () => Readable.from([Buffer.from('{"ids":[[')]);
    const given = situation({ view: cold(), headers, stream });
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-failed' });
    given.stream = () => Readable.from([Buffer.from('{"ids":[]')]);
    await expect(given.answer()).rejects.toMatchObject({ code: 'store-failed' });
    expect(upstream(given)).toBe(2);
  });

  it('shares an answer that is an error of the caller', async () => {
    const given = situation({ view: cold(), status: 400 });
    const answers = await twice(given);
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(upstream(given)).toBe(1);
  });

  it('shares a failure, and asks again after it', async () => {
    const given = situation({
      view: cold(),
      stream: () => {
        throw new TidegateError('store-timeout', '', '');
      },
    });
    const release = held(given);
    const both = [given.answer(), given.answer()];
    release();
    const outcomes = await Promise.allSettled(both);
    expect(outcomes).toMatchObject([
      { reason: { code: 'store-timeout' } },
      { reason: { code: 'store-timeout' } },
    ]);
    await given.answer().catch(() => undefined);
    expect(upstream(given)).toBe(2);
  });

  it('lets each ask for itself what is too large to be held', async () => {
    const given = situation({ view: cold(), headers: ['content-length', '1001'] });
    const answers = await twice(given);
    expect(namesOf(answers)).toEqual(['chroma: mirror-cold', 'chroma: mirror-cold']);
    for (const answer of answers) expect(answer.body).toBeInstanceOf(Readable);
    expect(await Promise.all(answers.map(bodyOf))).toEqual(['of chroma', 'of chroma']);
    expect(upstream(given)).toBe(2);
  });

  it.each<[string, Partial<Situation>]>([
    ['body', { body: '{ }' }],
    ['path', { path: '/other' }],
    ['version', { view: cold(2) }],
    ['authorization', { requestHeaders: ['Authorization', 'Bearer of another'] }],
    ['token', { requestHeaders: ['X-Chroma-Token', 'of another'] }],
    ['encoding', { requestHeaders: ['Accept-Encoding', 'gzip'] }],
    ['wish, which is ChromaDB', { forced: true }],
    ['bound of age, which is none at all', { maxStalenessMs: 0 }],
    ['flag', { on: new Set<FlagName>(['mirror-reads']) }],
  ])('does not share with a caller of another %s', async (_, changed) => {
    const given = situation({ view: cold() });
    await twice(given, changed);
    expect(upstream(given)).toBe(2);
  });

  it.each<[string, Partial<Situation>]>([
    ['forced', { forced: true }],
    ['in doubt', { view: { state: 'settling', version: 1, unchangedSinceVersion: 0, mirror: undefined } }],
    ['untracked', { view: undefined }],
  ])('does not share what is %s', async (_, odd) => {
    const given = situation(odd);
    await twice(given);
    expect(upstream(given)).toBe(2);
  });
});

describe('ChromaTier, for a caller who bounds the age', () => {
  it.each([
    [60_000, 1],
    [1, 2],
  ])('joins a call that began within %d ms: %d calls', async (maxStalenessMs, calls) => {
    const given = situation({ view: cold() });
    const release = held(given);
    const first = given.answer();
    await nextTurn();
    const began = performance.now();
    while (performance.now() < began + 2);
    const second = Object.assign(given, { maxStalenessMs }).answer();
    release();
    await Promise.all([first, second]);
    expect(upstream(given)).toBe(calls);
  });
});

describe('ChromaTier, when callers go away', () => {
  it('ends the call with the last of them only', async () => {
    const given = situation({ view: cold() });
    const release = held(given);
    const [first, second] = [new AbortController(), new AbortController()];
    const answers = [first, second].map(({ signal }) => Object.assign(given, { signal }).answer());
    await nextTurn();
    const [call] = given.calls;
    first.abort();
    expect(call?.signal?.aborted).toBe(false);
    second.abort();
    expect(call?.signal?.aborted).toBe(true);
    release();
    await Promise.all(answers);
    expect(upstream(given)).toBe(1);
  });

  it('does not take it for a failure of ChromaDB', async () => {
    const gone = new AbortController();
    const given = situation({
      view: warm(performance.now()),
      signal: gone.signal,
      kind: 'opaque',
      stream: () => {
        throw new TidegateError('store-failed', '', '');
      },
    });
    for (let n = 0; n < 20; n++) given.paces.record('chroma', given.view?.mirror, 10);
    const release = held(given);
    const answer = given.answer();
    await nextTurn();
    gone.abort();
    release();
    await expect(answer).rejects.toMatchObject({ code: 'store-failed' });
    expect(given.paces.peek(given.view?.mirror).chroma.count).toBe(20);
  });
});
