import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ChromaRecords } from '../chroma/chroma-records.service.js';
import { TidegateError } from '../vector/errors.js';
import { Barriers } from './barriers.service.js';
import { targetOf } from './sync-world.fake.js';

const MINUTE_MS = 60_000;
const AT_ONCE = 4;

/** A ChromaDB that lets barriers wait until it is told how each ends. */
class SlowStore {
  sent = 0;
  atOnce = 0;
  private readonly ends: ((error?: Error) => void)[] = [];

  readonly barrier = async (): Promise<void> => {
    this.sent++;
    this.atOnce++;
    const error = await new Promise<Error | undefined>((end) => this.ends.push(end));
    this.atOnce--;
    if (error) throw error;
  };

  async end(error?: Error): Promise<void> {
    this.ends.shift()?.(error);
    await jest.advanceTimersByTimeAsync(0);
  }
}

const failure = (code: 'not-found' | 'store-timeout') => new TidegateError(code, 'a barrier', 'wait');

describe('Barriers', () => {
  let store: SlowStore;
  let barriers: Barriers;

  beforeEach(() => {
    jest.useFakeTimers();
    store = new SlowStore();
    barriers = new Barriers(store as unknown as ChromaRecords);
  });

  afterEach(() => {
    barriers.onModuleDestroy();
    jest.useRealTimers();
  });

  /** How it ends: `passed`, or the error's code. */
  const pass = (number: number) =>
    barriers.pass(targetOf(number)).then(
      () => 'passed',
      (error: unknown) => (error as TidegateError).code,
    );

  it('go to ChromaDB a few at a time, whatever the collection', async () => {
    const passed = Promise.all(Array.from({ length: 3 * AT_ONCE }, (_, number) => pass(number)));
    for (let ended = 0; ended < 3 * AT_ONCE; ended++) {
      await jest.advanceTimersByTimeAsync(MINUTE_MS);
      expect([store.sent, store.atOnce]).toEqual([
        Math.min(ended + AT_ONCE, 3 * AT_ONCE),
        Math.min(AT_ONCE, 3 * AT_ONCE - ended),
      ]);
      await store.end();
    }
    expect(new Set(await passed)).toEqual(new Set(['passed']));
  });

  it('are few while ChromaDB fails, however many collections wait', async () => {
    for (let number = 0; number < 500; number++) void pass(number);
    for (let time = 0; time < MINUTE_MS; time += 50) {
      await jest.advanceTimersByTimeAsync(50);
      for (let each = 0; each < AT_ONCE; each++) await store.end(failure('store-timeout'));
    }
    expect(store.sent).toBeGreaterThan(40 * AT_ONCE);
    expect(store.sent).toBeLessThan(70 * AT_ONCE);
  });

  it('are one for all collections that ask at a time whether ChromaDB works', async () => {
    const works = (number: number) => barriers.works(targetOf(number)).then(() => 'works');
    const first = works(1);
    await jest.advanceTimersByTimeAsync(0);
    expect(store.sent).toBe(1);
    const later = [works(2), works(3), works(4)];
    await jest.advanceTimersByTimeAsync(0);
    await store.end();
    expect(await first).toBe('works');
    await store.end();
    expect(await Promise.all(later)).toEqual(['works', 'works', 'works']);
    expect(store.sent).toBe(2);
  });

  it.each([
    ['not-found', 'works'],
    ['store-timeout', 'store-failed'],
  ] as const)('that end with %s say so to that collection, and %s to others', async (code, others) => {
    const [first, second] = [1, 2].map((number) =>
      barriers.works(targetOf(number)).then(
        () => 'works',
        (error: unknown) => (error as TidegateError).code,
      ),
    );
    await jest.advanceTimersByTimeAsync(0);
    await store.end(failure(code));
    await store.end();
    expect([await first, await second]).toEqual([code, others]);
  });

  it('go on at once when ChromaDB answers again, or knows the collection no more', async () => {
    const passed = Array.from({ length: AT_ONCE + 2 }, (_, number) => pass(number));
    await jest.advanceTimersByTimeAsync(0);
    await store.end(failure('not-found'));
    await store.end();
    expect(store.sent).toBe(AT_ONCE + 2);
    for (let left = 0; left < AT_ONCE; left++) await store.end();
    const codes = await Promise.all(passed);
    expect(codes).toEqual(['not-found', ...Array.from({ length: AT_ONCE + 1 }, () => 'passed')]);
  });

  it('end with the process', async () => {
    const passed = Array.from({ length: AT_ONCE + 1 }, (_, number) => pass(number));
    await jest.advanceTimersByTimeAsync(0);
    await store.end(failure('store-timeout'));
    barriers.onModuleDestroy();
    expect([await passed[0], await passed[AT_ONCE]]).toEqual(['store-timeout', 'store-unreachable']);
    expect(store.sent).toBe(AT_ONCE);
  });
});
