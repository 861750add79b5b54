import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EndSignal } from '../vector/end-signal.js';
import { Flights, type Boarding } from './flights.js';

const ALWAYS = Number.NEGATIVE_INFINITY;

/** An execution that ends when it is told to, and what happened to it. */
class Execution {
  ended = false;
  signal: EndSignal | undefined;
  resolve: (value: string) => void = () => undefined;
  reject: (error: Error) => void = () => undefined;

  readonly run = ({ signal }: { readonly signal: EndSignal }): Promise<string> => {
    this.signal = signal;
    return new Promise<string>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      signal.addEventListener('abort', () => {
        reject(new Error('aborted'));
      });
    }).finally(() => (this.ended = true));
  };
}

const asking = (given: Partial<Boarding> = {}): Boarding => ({
  key: 'same',
  notBeforeMs: ALWAYS,
  gone: undefined,
  deadlineMs: Number.POSITIVE_INFINITY,
  ...given,
});

function never(): Promise<string> {
  throw new Error('a second execution');
}

describe('Flights', () => {
  it('share one execution and its result', async () => {
    const flights = new Flights<string>();
    const execution = new Execution();
    const first = flights.board(asking(), execution.run);
    const second = flights.board(asking(), never);
    expect([first.joined, second.joined]).toEqual([false, true]);
    execution.resolve('answer');
    expect(await Promise.all([first.result, second.result])).toEqual(['answer', 'answer']);
    expect(flights.size).toBe(0);
  });

  it('share an error, and no later caller gets it', async () => {
    const flights = new Flights<string>();
    const execution = new Execution();
    const first = flights.board(asking(), execution.run);
    const second = flights.board(asking(), never);
    execution.reject(new Error('broken'));
    await expect(first.result).rejects.toThrow('broken');
    await expect(second.result).rejects.toThrow('broken');
    expect(flights.board(asking(), () => Promise.resolve('anew'))).toMatchObject({ joined: false });
  });

  it('are apart for other keys', () => {
    const flights = new Flights<string>();
    flights.board(asking(), new Execution().run);
    expect(flights.board(asking({ key: 'other' }), new Execution().run).joined).toBe(false);
    expect(flights.size).toBe(2);
  });

  it('take nobody in who needs a later start', async () => {
    const flights = new Flights<string>();
    const [early, late] = [new Execution(), new Execution()];
    const first = flights.board(asking(), early.run);
    const notBeforeMs = performance.now() + 0.001;
    while (performance.now() < notBeforeMs);
    expect(flights.board(asking({ notBeforeMs }), late.run).joined).toBe(false);
    early.resolve('early');
    await first.result;
    await nextTurn();
    expect(flights.board(asking(), never).joined).toBe(true);
    late.resolve('late');
    await nextTurn();
    expect(flights.size).toBe(0);
  });
});

describe('Flights, when callers go away', () => {
  it('go on for those who stay', async () => {
    const flights = new Flights<string>();
    const execution = new Execution();
    const [first, second] = [new AbortController(), new AbortController()];
    flights.board(asking({ gone: first.signal }), execution.run);
    const { result } = flights.board(asking({ gone: second.signal }), never);
    first.abort();
    expect(execution.signal?.aborted).toBe(false);
    execution.resolve('answer');
    expect(await result).toBe('answer');
  });

  it('end with the last, and take nobody in any more', async () => {
    const flights = new Flights<string>();
    const execution = new Execution();
    const [first, second] = [new AbortController(), new AbortController()];
    const passage = flights.board(asking({ gone: first.signal }), execution.run);
    flights.board(asking({ gone: second.signal }), never).result.catch(() => undefined);
    first.abort();
    second.abort();
    expect(execution.signal?.aborted).toBe(true);
    expect(flights.board(asking(), () => Promise.resolve('anew')).joined).toBe(false);
    await expect(passage.result).rejects.toThrow('aborted');
  });

  it('go on for a caller who cannot go away', () => {
    const flights = new Flights<string>();
    const execution = new Execution();
    const first = new AbortController();
    flights.board(asking({ gone: first.signal }), execution.run);
    flights.board(asking(), never);
    first.abort();
    expect(execution.signal?.aborted).toBe(false);
  });

  it('may take until the latest of their callers wants it', () => {
    const flights = new Flights<string>();
    let deadlineMs = () => 0;
    flights.board(asking({ deadlineMs: 5 }), (flight) => {
      deadlineMs = () => flight.deadlineMs;
      return new Promise(() => undefined);
    });
    expect(deadlineMs()).toBe(5);
    flights.board(asking({ deadlineMs: 9 }), never);
    flights.board(asking({ deadlineMs: 7 }), never);
    expect(deadlineMs()).toBe(9);
  });

  it('end at once for a caller who was gone before', async () => {
    const flights = new Flights<string>();
    const { result } = flights.board(asking({ gone: AbortSignal.abort() }), new Execution().run);
    expect(flights.size).toBe(0);
    await expect(result).rejects.toThrow('aborted');
  });
});

describe('Flights, in any order of events', () => {
  type Event = { readonly kind: 'board' | 'leave' | 'end' | 'fail'; readonly which: number };
  const events: fc.Arbitrary<Event[]> = fc.array(
    fc.record({ kind: fc.constantFrom('board', 'board', 'leave', 'end', 'fail'), which: fc.nat(9) }),
    { maxLength: 40 },
  );

  it('every caller who stays gets what its execution gave, and nothing is left over', async () => {
    await fc.assert(fc.asyncProperty(events, play), { numRuns: 300 });
  });

  async function play(order: readonly Event[]): Promise<void> {
    const flights = new Flights<string>();
    const executions: Execution[] = [];
    const callers: { gone: AbortController; settled: Promise<string>; of: Execution | undefined }[] = [];
    for (const { kind, which } of order) {
      if (kind === 'board') {
        const fresh = new Execution();
        const gone = new AbortController();
        const { result, joined } = flights.board(asking({ gone: gone.signal }), fresh.run);
        if (!joined) executions.push(fresh);
        // Whoever joins an execution finds it still under way, and not aborted.
        expect(executions.at(-1)?.signal?.aborted).toBe(false);
        expect(executions.at(-1)?.ended).toBe(false);
        const settled = result.then(String, (error: unknown) => String(error));
        callers.push({ gone, settled, of: executions.at(-1) });
      } else if (kind === 'leave') callers[which]?.gone.abort();
      else if (kind === 'end') executions[which]?.resolve(`of ${which}`);
      else executions[which]?.reject(new Error(`of ${which}`));
      await nextTurn();
    }
    executions.forEach(({ resolve }, index) => {
      resolve(`of ${index}`);
    });
    for (const { gone, settled, of } of callers) {
      const told = await settled;
      const index = executions.findIndex((execution) => execution === of);
      if (!gone.signal.aborted) expect(told).toMatch(new RegExp(`of ${index}$`));
    }
    expect(flights.size).toBe(0);
  }
});
