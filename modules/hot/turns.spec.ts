import { describe, expect, it } from '@jest/globals';
import { inTurns, takeTurn, TURN_MS } from './turns.js';

function* counted(steps: number, seen: string[] = []): Generator<void, number> {
  try {
    for (let step = 0; step < steps; step++) yield;
    return steps;
  } catch (error) {
    seen.push(String(error));
    throw error;
  }
}

/** Takes a turn for each step. */
function* slow(steps: number, seen?: string[]): Generator<void, number> {
  const work = counted(steps, seen);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    const end = performance.now() + TURN_MS;
    while (performance.now() <= end);
    try {
      yield;
    } catch (error) {
      work.throw(error);
    }
  }
}

describe('turns', () => {
  it('goes on while the turn lasts', () => {
    expect(takeTurn(counted(10))).toEqual({ done: true, value: 10 });
    expect(takeTurn(slow(2))).toEqual({ done: false, value: undefined });
  });

  it('lets others in between two turns', async () => {
    let others = 0;
    const timer = setInterval(() => others++, 0);
    expect(await inTurns({ closed: false }, slow(20))).toBe(20);
    clearInterval(timer);
    expect(others).toBeGreaterThan(0);
  });

  it('has work give back what it holds where its mirror is closed meanwhile', async () => {
    const seen: string[] = [];
    const open = { closed: false };
    const done = inTurns(open, slow(3, seen));
    open.closed = true;
    await expect(done).rejects.toThrow('this mirror was closed');
    expect(seen).toEqual(['Error: this mirror was closed']);
  });

  it('ends work that was done in its first turn, closed or not', async () => {
    expect(await inTurns({ closed: true }, counted(3))).toBe(3);
  });
});
