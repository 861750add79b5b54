import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '../telemetry/log.service.js';
import { Metrics, type BreakerState } from '../telemetry/metrics.service.js';
import { Breaker } from './breaker.service.js';

const RESET_MS = 30;
const OPTIONS = { windowMs: 10_000, minCalls: 4, errorPercent: 50, resetMs: RESET_MS };

type Outcome = 'ok' | 'failure' | 'harmless';

const opened: Breaker<Outcome, string>[] = [];

function breaker(metrics = new Metrics()) {
  let calls = 0;
  const made = new Breaker<Outcome, string>(
    'spec',
    OPTIONS,
    (outcome) => {
      calls++;
      return outcome === 'ok' ? Promise.resolve('done') : Promise.reject(new Error(outcome));
    },
    (error) => !(error instanceof Error && error.message === 'harmless'),
    metrics,
    new Log('silent'),
  );
  opened.push(made);
  const fire = async (...outcomes: Outcome[]) => {
    for (const outcome of outcomes) await made.fire(outcome).catch(() => undefined);
  };
  return { breaker: made, fire, calls: () => calls };
}

async function untilState(one: Breaker<Outcome, string>, state: BreakerState): Promise<void> {
  while (one.state() !== state) await sleep(5);
}

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

describe('Breaker', () => {
  it('hands results and errors on while it is closed', async () => {
    const { breaker: closed } = breaker();
    await expect(closed.fire('ok')).resolves.toBe('done');
    await expect(closed.fire('failure')).rejects.toThrow('failure');
    expect(closed.state()).toBe('closed');
  });

  it('stays closed below the least number of calls, and opens at it', async () => {
    const { breaker: one, fire } = breaker();
    await fire('failure', 'failure', 'failure');
    expect(one.state()).toBe('closed');
    await fire('failure');
    expect(one.state()).toBe('open');
  });

  it('stays closed while failures are no larger a share than allowed', async () => {
    const { breaker: one, fire } = breaker();
    await fire('ok', 'ok', 'ok', 'failure', 'failure', 'ok', 'failure');
    expect(one.state()).toBe('closed');
    await fire('failure', 'failure');
    expect(one.state()).toBe('open');
  });

  it('refuses at once, without a call, while it is open', async () => {
    const { breaker: one, fire, calls } = breaker();
    await fire('failure', 'failure', 'failure', 'failure');
    await expect(one.fire('ok')).rejects.toMatchObject({ code: 'EOPENBREAKER' });
    expect(calls()).toBe(4);
  });

  it('does not count errors that are no failures', async () => {
    const { breaker: one, fire } = breaker();
    await fire(...Array.from({ length: 20 }, () => 'harmless' as const));
    expect(one.state()).toBe('closed');
  });

  it('probes after the reset time: a success closes it', async () => {
    const { breaker: one, fire } = breaker();
    await fire('failure', 'failure', 'failure', 'failure');
    await untilState(one, 'half-open');
    await expect(one.fire('ok')).resolves.toBe('done');
    expect(one.state()).toBe('closed');
  });

  it('probes after the reset time: a failure opens it again', async () => {
    const { breaker: one, fire } = breaker();
    await fire('failure', 'failure', 'failure', 'failure');
    await untilState(one, 'half-open');
    await fire('failure');
    expect(one.state()).toBe('open');
  });

  it('lets one probe through at a time', async () => {
    const { breaker: one, fire, calls } = breaker();
    await fire('failure', 'failure', 'failure', 'failure');
    await untilState(one, 'half-open');
    const probe = one.fire('ok');
    await expect(one.fire('ok')).rejects.toMatchObject({ code: 'EOPENBREAKER' });
    await probe;
    expect(calls()).toBe(5);
  });

  it('counts its moves and shows its state', async () => {
    const metrics = new Metrics();
    const { breaker: one, fire } = breaker(metrics);
    await fire('failure', 'failure', 'failure', 'failure');
    expect((await metrics.expose()).text).toContain('tidegate_breaker_state{breaker="spec"} 2');
    await untilState(one, 'half-open');
    await fire('ok');
    const { text } = await metrics.expose();
    expect(text).toContain('tidegate_breaker_transitions_total{breaker="spec",to="open"} 1');
    expect(text).toContain('tidegate_breaker_transitions_total{breaker="spec",to="half-open"} 1');
    expect(text).toContain('tidegate_breaker_state{breaker="spec"} 0');
  });
});
