import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { BreakerOpen } from '../resilience/breaker-open.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { standIn } from '../vector/stand-in.fake.js';
import type { ChromaHttp } from './chroma-http.service.js';
import { ChromaReads } from './chroma-reads.service.js';
import type { ChromaConfig } from './chroma.config.js';
import type { StoreCall } from './store-call.js';
import { unreachable } from './store-failure.js';

type Outcome = number | ErrorCode | 'breaker-open';

const CALL: StoreCall = { kind: 'read', method: 'POST', path: '/', headers: [], body: Buffer.from('{}') };
const RETRIES = { most: 2, baseMs: 2, maxMs: 4, budget: { percent: 20, least: 3 } };

/** ChromaDB whose calls end so, one after the other; the last one over and over. */
function reads(outcomes: readonly Outcome[], retries = RETRIES) {
  const metrics = new ResilienceMetrics();
  const bodies: Readable[] = [];
  let calls = 0;
  const send = () => {
    const outcome = outcomes[Math.min(calls++, outcomes.length - 1)] ?? 200;
    if (typeof outcome === 'number') {
      const body = Readable.from([Buffer.from('body')]);
      bodies.push(body);
      return Promise.resolve({ status: outcome, headers: [], body });
    }
    if (outcome === 'breaker-open') return Promise.reject(unreachable('no', new BreakerOpen('spec')));
    return Promise.reject(new TidegateError(outcome, 'what', 'remedy'));
  };
  const config = standIn<ChromaConfig>({ retries });
  const service = new ChromaReads(config, standIn<ChromaHttp>({ send }), metrics);
  const told = async () => {
    const { text } = await metrics.expose();
    return [...text.matchAll(/retries_total\{outcome="([\w-]+)"\} (\d+)/g)].map((found) => found.slice(1));
  };
  const ask = (call: Partial<StoreCall> = {}) =>
    service.send({ ...CALL, ...call }).then(
      ({ status }) => status,
      (error: unknown) => (error as TidegateError).code,
    );
  return { ask, told, bodies, calls: () => calls };
}

describe('ChromaReads', () => {
  it.each<[string, Outcome]>([
    ['nobody there', 'store-unreachable'],
    ['broken off', 'store-failed'],
    ['a 502', 502],
    ['a 503', 503],
    ['a 504', 504],
  ])('mends %s by asking again', async (_, outcome) => {
    const { ask, told, calls } = reads([outcome, 200]);
    expect(await ask()).toBe(200);
    expect(calls()).toBe(2);
    expect(await told()).toEqual([['mended', '1']]);
  });

  it.each<Outcome>(['store-timeout', 'deadline-exceeded', 'breaker-open', 500, 501, 429, 404, 200])(
    'asks once where the outcome is %p',
    async (outcome) => {
      const { ask, told, calls } = reads([outcome]);
      await ask();
      expect(calls()).toBe(1);
      expect(await told()).toEqual([]);
    },
  );

  it('gives the last outcome when nothing helps', async () => {
    const { ask, told, calls, bodies } = reads(['store-failed', 503, 502]);
    expect(await ask()).toBe(502);
    expect(calls()).toBe(3);
    expect(await told()).toEqual([['failed', '2']]);
    expect(bodies.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  it('does not ask again past the deadline', async () => {
    const { ask, told, calls } = reads(['store-failed']);
    expect(await ask({ deadlineMs: performance.now() })).toBe('store-failed');
    expect(calls()).toBe(1);
    expect(await told()).toEqual([['no-time', '1']]);
  });

  it('does not ask again for a caller who is gone, nor one who leaves during the pause', async () => {
    const early = reads(['store-failed']);
    expect(await early.ask({ signal: AbortSignal.abort() })).toBe('store-failed');
    expect(early.calls()).toBe(1);
    const late = reads(['store-failed'], { ...RETRIES, baseMs: 60_000, maxMs: 60_000 });
    const gone = new AbortController();
    const asked = late.ask({ signal: gone.signal });
    setTimeout(() => {
      gone.abort();
    }, 10);
    expect(await asked).toBe('store-failed');
    expect(late.calls()).toBe(1);
  });

  it('does not ask again with a body that is a stream', async () => {
    const { ask, calls } = reads(['store-failed']);
    await ask({ body: Readable.from([]) });
    expect(calls()).toBe(1);
  });

  it('keeps to the budget when everything fails', async () => {
    const { ask, told, calls } = reads(['store-failed']);
    for (let request = 0; request < 100; request++) await ask();
    expect(calls()).toBeGreaterThan(100);
    expect(calls()).toBeLessThanOrEqual(120);
    const refused = (await told()).find(([outcome]) => outcome === 'no-budget');
    expect(Number(refused?.[1])).toBeGreaterThan(0);
  });
});
