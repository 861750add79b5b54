import { describe, expect, it } from '@jest/globals';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { situation, type Situation } from './situation.fake.js';

const failing = (code: ErrorCode): Partial<Situation> => ({
  mirror: () => Promise.reject(new TidegateError(code, '', '')),
});

/** The room that ChromaDB was asked in. */
async function roomOf(given: Situation): Promise<string> {
  await given.answer();
  return given.calls.map(({ room }) => room ?? 'may wait').join();
}

describe('a query that its mirror did not answer', () => {
  it.each<ErrorCode>(['mirror-busy', 'mirror-timeout'])('takes only spare room after %s', async (code) => {
    expect(await roomOf(situation(failing(code)))).toBe('spare');
  });

  it('may wait for ChromaDB where the mirror is lost: nobody else can answer', async () => {
    expect(await roomOf(situation(failing('mirror-lost')))).toBe('may wait');
  });

  it('may wait for ChromaDB where the caller wants nobody else', async () => {
    expect(await roomOf(situation({ forced: true }))).toBe('may wait');
  });
});

describe('a mirror with more searches than it takes', () => {
  it('hands what it has no room for to ChromaDB', async () => {
    const given = situation({
      on: new Set(['mirror-reads'] as const),
      mirror: () => new Promise((resolve) => setTimeout(resolve, 50, Buffer.from('found'))),
    });
    // Sixteen under way and one waiting, as the lane of the situation has it.
    const answers = await Promise.all(Array.from({ length: 20 }, () => given.answer()));
    const tiers = answers.map(({ tier }) => tier).sort();
    expect(tiers).toEqual([...Array<string>(3).fill('chroma'), ...Array<string>(17).fill('mirror')]);
    expect(given.calls.map(({ room }) => room)).toEqual(['spare', 'spare', 'spare']);
  });
});
