import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AnswerCache, type CachedAnswer } from './answer-cache.store.js';

const LIMIT = 20_000;
const LARGEST = 1_000;

function cache(): AnswerCache {
  return new AnswerCache({
    maxAnswerCacheBytes: LIMIT,
    maxMirrorBytes: 0,
    searchTimeoutMs: 0,
    maxQueuedSearches: 0,
  });
}

const sized = (bytes: number): CachedAnswer => ({
  version: 1,
  body: new Uint8Array(bytes),
  freshAtMs: 0,
});

describe('AnswerCache', () => {
  it('gives back what was stored under the same key only', () => {
    const answers = cache();
    const answer = { version: 1, body: Buffer.from('{}'), freshAtMs: 7 };
    answers.set('1 path body', answer);
    expect(answers.get('1 path body')).toBe(answer);
    expect(answers.get('2 path body')).toBeUndefined();
    expect(answers.entries).toBe(1);
  });

  it('replaces an answer by a later one, never by one of an earlier version', () => {
    const answers = cache();
    const at = (version: number) => ({ version, body: Buffer.from(`${version}`), freshAtMs: 0 });
    answers.set('a', at(2));
    answers.set('a', at(1));
    expect(answers.get('a')?.version).toBe(2);
    answers.set('a', at(3));
    expect(answers.get('a')?.version).toBe(3);
    expect(answers.entries).toBe(1);
  });

  it('refuses an answer larger than its share, and takes one as large', () => {
    const answers = cache();
    expect(answers.maxAnswerBytes).toBe(LARGEST);
    answers.set('large', sized(LARGEST + 1));
    expect(answers.entries).toBe(0);
    answers.set('just', sized(LARGEST));
    expect(answers.get('just')?.body).toHaveLength(LARGEST);
  });

  it('does not keep an answer whose key alone is larger than the cache', () => {
    const answers = cache();
    answers.set('k'.repeat(LIMIT), sized(1));
    expect([answers.entries, answers.bytes]).toEqual([0, 0]);
  });

  it('never holds more bytes than its bound, keys counted', () => {
    const sizes = fc.array(fc.tuple(fc.nat(50), fc.nat(2_000), fc.nat(500)), { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(sizes, (entries) => {
        const answers = cache();
        const held = new Map<string, number>();
        for (const [number, size, padding] of entries) {
          const key = `${number}`.padEnd(padding);
          answers.set(key, sized(size));
          held.set(key, size);
        }
        const kept = [...held.keys()].filter((key) => answers.get(key) !== undefined);
        const least = kept.reduce((sum, key) => sum + key.length + (answers.get(key)?.body.length ?? 0), 0);
        expect(kept).toHaveLength(answers.entries);
        expect(least).toBeLessThanOrEqual(answers.bytes);
        expect(answers.bytes).toBeLessThanOrEqual(LIMIT);
      }),
      { numRuns: 30 },
    );
  });

  it('lets the least recently used go first', () => {
    const answers = cache();
    answers.set('old', sized(500));
    answers.set('used', sized(500));
    for (let i = 0; i < 26; i++) {
      answers.get('used');
      answers.set(`filler ${i}`, sized(500));
    }
    expect(answers.get('old')).toBeUndefined();
    expect(answers.get('used')).toBeDefined();
  });

  it('does not count a look as a use', () => {
    const answers = cache();
    answers.set('looked at', sized(500));
    for (let i = 0; i < 26; i++) {
      answers.peek('looked at');
      answers.set(`filler ${i}`, sized(500));
    }
    expect(answers.peek('looked at')).toBeUndefined();
    expect(answers.peek('filler 25')).toBeDefined();
  });
});
