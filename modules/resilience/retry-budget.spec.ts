import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BUDGET_WINDOW_MS, RetryBudget } from './retry-budget.js';

const OPTIONS = { percent: 20, least: 3 };

function taken(budget: RetryBudget, nowMs: number, wanted = 1_000): number {
  let count = 0;
  while (count < wanted && budget.take(nowMs)) count++;
  return count;
}

/** A window ends at a whole second. */
const SLICE_MS = 1_000;

describe('RetryBudget', () => {
  it.each([
    [0, 3],
    [15, 3],
    [20, 4],
    [100, 20],
    [104, 20],
  ])('after %p requests allows %p retries', (requests, expected) => {
    const budget = new RetryBudget(OPTIONS);
    for (let count = 0; count < requests; count++) budget.request(1_000);
    expect(taken(budget, 1_500)).toBe(expected);
  });

  it('forgets requests and retries of more than a window ago', () => {
    const budget = new RetryBudget(OPTIONS);
    for (let count = 0; count < 100; count++) budget.request(500);
    expect(taken(budget, 600)).toBe(20);
    expect(taken(budget, 600 + BUDGET_WINDOW_MS - 1_000)).toBe(0);
    expect(taken(budget, 600 + BUDGET_WINDOW_MS)).toBe(3);
  });

  it('allows none where there is no share and no least', () => {
    const budget = new RetryBudget({ percent: 0, least: 0 });
    budget.request(1);
    expect(budget.take(1)).toBe(false);
  });

  it('never allows more in a window than its share, or its least', () => {
    const steps = fc.array(fc.record({ afterMs: fc.nat(3_000), retry: fc.boolean() }), { maxLength: 200 });
    const property = fc.property(steps, (given) => {
      const budget = new RetryBudget(OPTIONS);
      const requests: number[] = [];
      const retries: number[] = [];
      let nowMs = 0;
      for (const { afterMs, retry } of given) {
        nowMs += afterMs;
        if (!retry) {
          budget.request(nowMs);
          requests.push(nowMs);
        } else if (budget.take(nowMs)) retries.push(nowMs);
        const inWindow = (times: readonly number[], windowMs: number) =>
          times.filter((at) => at > nowMs - windowMs).length;
        const bound = Math.max(
          OPTIONS.least,
          (inWindow(requests, 2 * BUDGET_WINDOW_MS) * OPTIONS.percent) / 100,
        );
        expect(inWindow(retries, BUDGET_WINDOW_MS - SLICE_MS)).toBeLessThanOrEqual(bound);
      }
    });
    fc.assert(property);
  });
});
