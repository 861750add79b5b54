import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ChromaRecords } from '../chroma/chroma-records.service.js';
import { TidegateError } from '../vector/errors.js';
import { Barriers } from './barriers.service.js';
import { targetOf } from './sync-world.fake.js';

const MINUTE_MS = 60_000;

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

  it('go to ChromaDB one at a time, whatever the collection', async () => {
    const passed = Promise.all([pass(1), pass(2), pass(3)]);
    for (let sent = 1; sent <= 3; sent++) {
      await jest.advanceTimersByTimeAsync(MINUTE_MS);
      expect([store.sent, store.atOnce]).toEqual([sent, 1]);
      await store.end();
    }
    expect(await passed).toEqual(['passed', 'passed', 'passed']);
  });

  it('are few while ChromaDB fails, however many collections wait', async () => {
    for (let number = 0; number < 500; number++) void pass(number);
    for (let time = 0; time < MINUTE_MS; time += 50) {
      await jest.advanceTimersByTimeAsync(50);
      await store.end(failure('store-timeout'));
    }
    expect(store.sent).toBeGreaterThan(40);
    expect(store.sent).toBeLessThan(70);
  });

  it('are one for all collections that ask at a time whether ChromaDB works', async () => {
    const works = (number: number) => barriers.works(targetOf(number)).then(() => 'works');
    const first = works(1);
    await jest.advanceTimersByTimeAsync(0);
    const later = [works(2), works(3), works(4)];
    await jest.advanceTimersByTimeAsync(0);
    expect(store.sent).toBe(1);
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
    const passed = [pass(1), pass(2), pass(3), pass(4)];
    await jest.advanceTimersByTimeAsync(0);
    await store.end(failure('store-timeout'));
    await jest.advanceTimersByTimeAsync(MINUTE_MS);
    await store.end(failure('not-found'));
    await store.end();
    expect(store.sent).toBe(4);
    await store.end();
    expect(await Promise.all(passed)).toEqual(['store-timeout', 'not-found', 'passed', 'passed']);
  });

  it('end with the process', async () => {
    const passed = [pass(1), pass(2)];
    await jest.advanceTimersByTimeAsync(0);
    await store.end(failure('store-timeout'));
    barriers.onModuleDestroy();
    expect(await Promise.all(passed)).toEqual(['store-timeout', 'store-unreachable']);
    expect(store.sent).toBe(1);
  });
});
