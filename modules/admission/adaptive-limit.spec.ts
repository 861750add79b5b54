import { describe, expect, it } from '@jest/globals';
import { AdaptiveLimit } from './adaptive-limit.js';
import { SimulatedServer, type SimulatedWork } from './simulated-server.fake.js';

const BOUNDS = { min: 4, max: 64 };
const MINUTE_MS = 60_000;

const kind = (name: string, workMs: number): SimulatedWork => ({
  work: { fine: name, coarse: 'any' },
  workMs,
});

function server(cores: number, work = kind('query', 20)): SimulatedServer {
  return new SimulatedServer(BOUNDS, cores, () => work);
}

/** Answers per second over some seconds. */
function rate(simulated: SimulatedServer, seconds: number): number {
  const all = () => [...simulated.answered.values()].reduce((sum, each) => sum + each, 0);
  const before = all();
  simulated.run(seconds * 1_000);
  return (all() - before) / seconds;
}

describe('AdaptiveLimit, under a load that takes all it gives', () => {
  it.each([1, 2, 4, 8])('settles above the %i cores of a server, and not far above', (cores) => {
    const simulated = server(cores);
    simulated.run(MINUTE_MS);
    const limits: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      simulated.run(500);
      limits.push(simulated.limit.at(simulated.nowMs));
    }
    expect(Math.max(...limits)).toBeLessThanOrEqual(4 * cores + 8);
    expect(limits.filter((limit) => limit < cores).length).toBeLessThanOrEqual(2);
  });

  it.each([1, 2, 8, 32])('keeps %i cores busy', (cores) => {
    const simulated = server(cores);
    simulated.run(MINUTE_MS / 2);
    expect(rate(simulated, 60)).toBeGreaterThan(0.9 * cores * (1_000 / 20));
  });

  it('does not follow a lasting overload upwards', () => {
    const simulated = server(2);
    simulated.run(20 * MINUTE_MS);
    expect(simulated.limit.at(simulated.nowMs)).toBeLessThanOrEqual(16);
  });

  it('follows a server that becomes larger, within half a minute', () => {
    const simulated = server(2);
    simulated.run(MINUTE_MS);
    simulated.cores = 16;
    simulated.run(MINUTE_MS / 2);
    expect(simulated.limit.at(simulated.nowMs)).toBeGreaterThanOrEqual(16);
  });

  it('keeps the cores busy after everything became ten times slower', () => {
    const work = kind('query', 10);
    const simulated = server(8, work);
    simulated.run(MINUTE_MS);
    work.workMs = 100;
    simulated.run(MINUTE_MS);
    expect(rate(simulated, 60)).toBeGreaterThan(0.9 * 8 * (1_000 / 100));
  });

  it('is back after a minute in which everything was ten times slower', () => {
    const work = kind('query', 10);
    const simulated = server(8, work);
    simulated.run(MINUTE_MS);
    work.workMs = 100;
    simulated.run(MINUTE_MS);
    work.workMs = 10;
    simulated.run(10_000);
    expect(rate(simulated, 10)).toBeGreaterThan(0.9 * 8 * (1_000 / 10));
  });

  it('takes cheap and costly calls side by side for no overload', () => {
    const kinds = [kind('count', 1), kind('search', 60)];
    let turn = 0;
    const next = () => kinds[turn++ % 2] ?? kind('none', 1);
    const simulated = new SimulatedServer(BOUNDS, 32, next);
    simulated.run(MINUTE_MS);
    expect(simulated.limit.at(simulated.nowMs)).toBeGreaterThanOrEqual(32);
  });
});

describe('AdaptiveLimit', () => {
  it('stays as it is while it is not made use of', () => {
    const simulated = server(2);
    simulated.run(MINUTE_MS, 1);
    expect(simulated.limit.at(simulated.nowMs)).toBe(16);
  });

  it('keeps within its bounds', () => {
    const simulated = new SimulatedServer({ min: 6, max: 9 }, 1, () => kind('query', 5));
    for (let turn = 0; turn < 100; turn++) {
      simulated.run(100);
      expect([2, 6, 7, 8, 9]).toContain(simulated.limit.at(simulated.nowMs));
    }
  });

  it('is fixed where both bounds are one', () => {
    const limit = new AdaptiveLimit({ min: 5, max: 5 }, 16, 0);
    const work = { fine: 'query', coarse: 'query' };
    for (let call = 0; call < 1_000; call++)
      limit.ended({ work, startedMs: 100 * call, underWay: 5, tookMs: 10 * call });
    expect(limit.at(1e6)).toBe(5);
  });
});
