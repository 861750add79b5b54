import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Log } from '../telemetry/log.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { openTimeMs, type BreakerOptions } from './breaker-options.js';
import { Breaker } from './breaker.service.js';

const OPTIONS: BreakerOptions = {
  windowMs: 10_000,
  minCalls: 4,
  errorPercent: 50,
  slowPercent: 50,
  slowMs: 100,
  openMs: 1_000,
  maxOpenMs: 3_000,
  probes: 2,
  closeAfter: 2,
};

type Outcome = 'ok' | 'failure' | 'harmless';

/** What a call brings, and after how many milliseconds. */
interface Call {
  readonly outcome: Outcome;
  readonly afterMs: number;
}

const made: Breaker<Call, string>[] = [];

function setUp(options: Partial<BreakerOptions> = {}) {
  const metrics = new ResilienceMetrics();
  let calls = 0;
  const breaker = new Breaker<Call, string>(
    'spec',
    { ...OPTIONS, ...options },
    async ({ outcome, afterMs }) => {
      calls++;
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      if (outcome === 'ok') return 'done';
      throw new Error(outcome);
    },
    (error) => !(error instanceof Error && error.message === 'harmless'),
    metrics,
    new Log('silent'),
  );
  made.push(breaker);
  /** Fires one after the other, at once. */
  const fire = async (...outcomes: Outcome[]) => {
    for (const outcome of outcomes) await breaker.fire({ outcome, afterMs: 0 }).catch(() => undefined);
  };
  /** Fires all together, and lets them end. */
  const fireSlowly = async (afterMs: number, ...outcomes: Outcome[]) => {
    const fired = outcomes.map((outcome) => breaker.fire({ outcome, afterMs }));
    const ended = Promise.allSettled(fired);
    await jest.advanceTimersByTimeAsync(afterMs);
    return ended;
  };
  const opened = async () => {
    await fire('failure', 'failure', 'failure', 'failure');
    expect(breaker.state()).toBe('open');
  };
  const halfOpened = async () => {
    await opened();
    await jest.advanceTimersByTimeAsync(OPTIONS.openMs);
    expect(breaker.state()).toBe('half-open');
  };
  return { breaker, fire, fireSlowly, opened, halfOpened, metrics, calls: () => calls };
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  for (const each of made.splice(0)) each.close();
  jest.useRealTimers();
});

describe('Breaker, closed', () => {
  it('hands results and errors on', async () => {
    const { breaker } = setUp();
    await expect(breaker.fire({ outcome: 'ok', afterMs: 0 })).resolves.toBe('done');
    await expect(breaker.fire({ outcome: 'failure', afterMs: 0 })).rejects.toThrow('failure');
    expect(breaker.state()).toBe('closed');
  });

  it('opens not below the least number of calls, and at it', async () => {
    const { breaker, fire } = setUp();
    await fire('failure', 'failure', 'failure');
    expect(breaker.state()).toBe('closed');
    await fire('failure');
    expect(breaker.state()).toBe('open');
  });

  it('stays while failures are no larger a share than allowed', async () => {
    const { breaker, fire } = setUp();
    await fire('ok', 'ok', 'ok', 'failure', 'failure', 'ok', 'failure');
    expect(breaker.state()).toBe('closed');
    await fire('failure', 'failure');
    expect(breaker.state()).toBe('open');
  });

  it('does not count errors that are no failures', async () => {
    const { breaker, fire } = setUp();
    await fire(...Array.from({ length: 20 }, () => 'harmless' as const));
    expect(breaker.state()).toBe('closed');
  });

  it('forgets what is older than its window', async () => {
    const { breaker, fire } = setUp();
    await fire('failure', 'failure', 'failure');
    await jest.advanceTimersByTimeAsync(2 * OPTIONS.windowMs);
    await fire('failure');
    expect(breaker.state()).toBe('closed');
  });

  it('opens for slow calls, whose answers and errors are handed on', async () => {
    const { breaker, fireSlowly } = setUp();
    const ended = await fireSlowly(OPTIONS.slowMs, 'ok', 'ok', 'ok', 'harmless');
    expect(ended.slice(0, 3)).toEqual(Array(3).fill({ status: 'fulfilled', value: 'done' }));
    expect(ended[3]).toMatchObject({ status: 'rejected', reason: { message: 'harmless' } });
    expect(breaker.state()).toBe('open');
  });

  it('stays while slow calls are no larger a share than allowed', async () => {
    const { breaker, fireSlowly } = setUp();
    await fireSlowly(OPTIONS.slowMs - 1, 'ok', 'ok', 'ok');
    await fireSlowly(OPTIONS.slowMs, 'ok', 'ok', 'ok');
    expect(breaker.state()).toBe('closed');
  });
});

describe('Breaker, open', () => {
  it('refuses at once, without a call', async () => {
    const { breaker, opened, calls } = setUp();
    await opened();
    await expect(breaker.fire({ outcome: 'ok', afterMs: 0 })).rejects.toMatchObject({ code: 'EOPENBREAKER' });
    expect(calls()).toBe(4);
  });

  it('stays open ever longer where probes fail, up to a bound', async () => {
    const { breaker, fire, opened } = setUp();
    await opened();
    for (const openMs of [1_000, 2_000, 3_000, 3_000]) {
      await jest.advanceTimersByTimeAsync(openMs - 1);
      expect(breaker.state()).toBe('open');
      await jest.advanceTimersByTimeAsync(1);
      expect(breaker.state()).toBe('half-open');
      await fire('failure');
    }
  });

  it('begins anew with the shortest time when it was closed for a window', async () => {
    const { breaker, fire, halfOpened } = setUp();
    await halfOpened();
    await fire('failure');
    await jest.advanceTimersByTimeAsync(2_000);
    await fire('ok', 'ok');
    expect(breaker.state()).toBe('closed');
    await jest.advanceTimersByTimeAsync(OPTIONS.windowMs);
    await halfOpened();
  });

  it('takes up where it was when it opens again within a window', async () => {
    const { breaker, fire, halfOpened, opened } = setUp();
    await halfOpened();
    await fire('ok', 'ok');
    await opened();
    await jest.advanceTimersByTimeAsync(1_999);
    expect(breaker.state()).toBe('open');
    await jest.advanceTimersByTimeAsync(1);
    expect(breaker.state()).toBe('half-open');
  });

  it('does not heed calls that began before it opened', async () => {
    const { breaker, fireSlowly, opened } = setUp({ slowPercent: 100 });
    const late = fireSlowly(5_000, 'failure', 'ok');
    await opened();
    await jest.advanceTimersByTimeAsync(1_000);
    await late;
    expect(breaker.state()).toBe('half-open');
  });
});

describe('Breaker, half-open', () => {
  it('closes after enough good probes', async () => {
    const { breaker, fire, halfOpened } = setUp();
    await halfOpened();
    await fire('ok');
    expect(breaker.state()).toBe('half-open');
    await fire('ok');
    expect(breaker.state()).toBe('closed');
  });

  it('has forgotten earlier failures when it closes', async () => {
    const { breaker, fire, halfOpened } = setUp();
    await halfOpened();
    await fire('ok', 'ok', 'failure', 'failure', 'failure');
    expect(breaker.state()).toBe('closed');
  });

  it('opens for one slow probe', async () => {
    const { breaker, fireSlowly, halfOpened } = setUp();
    await halfOpened();
    await fireSlowly(OPTIONS.slowMs, 'ok');
    expect(breaker.state()).toBe('open');
  });

  it('takes harmless errors neither for good nor for bad', async () => {
    const { breaker, fire, halfOpened } = setUp();
    await halfOpened();
    await fire('harmless', 'harmless', 'harmless');
    expect(breaker.state()).toBe('half-open');
  });

  it('lets so many probes through at a time', async () => {
    const { breaker, fireSlowly, halfOpened, calls } = setUp();
    await halfOpened();
    const ended = await fireSlowly(10, 'ok', 'ok', 'ok');
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(calls()).toBe(6);
    expect(breaker.state()).toBe('closed');
  });
});

describe('Breaker, told by heartbeats', () => {
  it('closes by them, without a call, when what was gone is there again', async () => {
    const { breaker, opened, calls } = setUp();
    await opened();
    breaker.heard(false);
    breaker.heard(true);
    expect(breaker.state()).toBe('half-open');
    breaker.heard(true);
    expect(breaker.state()).toBe('closed');
    expect(calls()).toBe(4);
  });

  it('does not close by them where only calls failed', async () => {
    const { breaker, opened } = setUp();
    await opened();
    for (let beat = 0; beat < 10; beat++) breaker.heard(true);
    expect(breaker.state()).toBe('open');
    await jest.advanceTimersByTimeAsync(OPTIONS.openMs);
    for (let beat = 0; beat < 10; beat++) breaker.heard(true);
    expect(breaker.state()).toBe('half-open');
  });

  it('opens again by one that fails', async () => {
    const { breaker, halfOpened } = setUp();
    await halfOpened();
    breaker.heard(false);
    expect(breaker.state()).toBe('open');
  });

  it('stays closed whatever they tell: calls open it', () => {
    const { breaker } = setUp();
    for (let beat = 0; beat < 10; beat++) breaker.heard(false);
    expect(breaker.state()).toBe('closed');
  });
});

describe('Breaker, in metrics', () => {
  it('counts its moves and shows its state', async () => {
    const { metrics, fire, halfOpened } = setUp();
    await halfOpened();
    expect((await metrics.expose()).text).toContain('tidegate_breaker_state{breaker="spec"} 1');
    await fire('ok', 'ok');
    const { text } = await metrics.expose();
    expect(text).toContain('tidegate_breaker_transitions_total{breaker="spec",to="open"} 1');
    expect(text).toContain('tidegate_breaker_transitions_total{breaker="spec",to="half-open"} 1');
    expect(text).toContain('tidegate_breaker_state{breaker="spec"} 0');
  });
});

describe('openTimeMs', () => {
  it('doubles and is capped', () => {
    const times = [1, 2, 3, 4, 40].map((opening) => openTimeMs(opening, OPTIONS));
    expect(times).toEqual([1_000, 2_000, 3_000, 3_000, 3_000]);
  });
});
