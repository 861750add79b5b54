import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Readable } from 'node:stream';
import { hedgedRead } from './hedged-read.js';
import type { StoreAnswer, StoreCall } from './store-call.js';

const CALL: StoreCall = { kind: 'read', method: 'POST', path: '/', headers: [], body: Buffer.from('{}') };
const AFTER_MS = 100;

/** One call that was made: it ends as the test says. */
interface Made {
  readonly call: StoreCall;
  readonly body: Readable;
  readonly end: (outcome: number | Error) => void;
}

describe('hedgedRead', () => {
  let made: Made[];
  let wins: number;

  beforeEach(() => {
    jest.useFakeTimers();
    made = [];
    wins = 0;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const send = (call: StoreCall) =>
    new Promise<StoreAnswer>((resolve, reject) => {
      const body = Readable.from([Buffer.from('body')]);
      const end = (outcome: number | Error) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve({ status: outcome, headers: [], body });
      };
      made.push({ call, body, end });
    });

  /** Its status, or the message of what it rejects with. */
  const asked = (given: { afterMs?: number; may?: boolean; call?: Partial<StoreCall> } = {}) =>
    hedgedRead({ ...CALL, ...given.call }, send, {
      afterMs: given.afterMs ?? AFTER_MS,
      mayBegin: () => given.may ?? true,
      won: () => wins++,
    }).then(
      ({ status }) => status,
      (error: unknown) => (error as Error).message,
    );

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('makes one call where the answer comes in time, and where hedging is off', async () => {
    const inTime = asked();
    await pass(AFTER_MS - 1);
    made[0]?.end(200);
    expect(await inTime).toBe(200);
    const off = asked({ afterMs: 0 });
    await pass(100 * AFTER_MS);
    made[1]?.end(201);
    expect([await off, made.length, wins]).toEqual([201, 2, 0]);
  });

  it.each([0, 1])(
    'takes the answer that is there first, and gives the other call up: call %i',
    async (quick) => {
      const answer = asked();
      await pass(AFTER_MS);
      made[quick]?.end(200 + quick);
      expect(await answer).toBe(200 + quick);
      expect(made.map(({ call }) => call.signal?.aborted)).toEqual([quick !== 0, quick !== 1]);
      expect(wins).toBe(quick);
      made[1 - quick]?.end(299);
      await pass(0);
      expect(made[1 - quick]?.body.destroyed).toBe(true);
    },
  );

  it('fails at once as a call that fails in time: that is for retries', async () => {
    const answer = asked();
    made[0]?.end(new Error('first'));
    expect([await answer, made.length]).toEqual(['first', 1]);
  });

  it.each([0, 1])('takes the one answer that there is where call %i fails', async (failing) => {
    const answer = asked();
    await pass(AFTER_MS);
    made[failing]?.end(new Error('failed'));
    await pass(AFTER_MS);
    made[1 - failing]?.end(200);
    expect(await answer).toBe(200);
  });

  it('fails where both calls do', async () => {
    const answer = asked();
    await pass(AFTER_MS);
    made[0]?.end(new Error('first'));
    made[1]?.end(new Error('second'));
    expect(await answer).toBe('second');
  });

  it('makes no second call where it may not, or where nobody waits any more', async () => {
    const refused = asked({ may: false });
    const gone = new AbortController();
    const left = asked({ call: { signal: gone.signal } });
    gone.abort();
    await pass(2 * AFTER_MS);
    expect(made.length).toBe(2);
    for (const { end } of made) end(200);
    expect([await refused, await left]).toEqual([200, 200]);
  });
});
