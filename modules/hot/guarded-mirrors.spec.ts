import { afterEach, describe, expect, it } from '@jest/globals';
import { Log } from '../telemetry/log.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import type { ReadRequest } from '../vector/read-request.js';
import { standIn } from '../vector/stand-in.fake.js';
import { GuardedMirrors } from './guarded-mirrors.service.js';
import type { MirrorHandle, Mirrors } from './mirrors.service.js';

const BREAKER = {
  windowMs: 10_000,
  minCalls: 4,
  errorPercent: 50,
  slowPercent: 100,
  slowMs: 60_000,
  openMs: 60_000,
  maxOpenMs: 60_000,
  probes: 1,
  closeAfter: 1,
};
const HANDLE = standIn<MirrorHandle>({ number: 1 });
const SEARCH: ReadRequest = {
  kind: 'nearest',
  vectors: Buffer.from('[[1]]'),
  count: 1,
  limit: 1,
  include: [],
};

/** Mirrors that fail with this code, or answer. */
class Failing {
  code: ErrorCode | undefined;
  alive = true;
  reads = 0;
  readonly metrics = new ResilienceMetrics();
  readonly guarded = new GuardedMirrors(
    { breaker: BREAKER },
    standIn<Mirrors>({
      workerAlive: () => this.alive,
      read: () => {
        this.reads++;
        if (this.code === undefined) return Promise.resolve(Buffer.from('answer'));
        return Promise.reject(new TidegateError(this.code, 'what', 'remedy'));
      },
    }),
    this.metrics,
    new Log('silent'),
  );

  async read(times: number, terms = {}): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.guarded.read(HANDLE, SEARCH, terms).catch(() => undefined);
    }
  }
}

const made: Failing[] = [];

function failing(code?: ErrorCode, alive = true): Failing {
  const mirrors = Object.assign(new Failing(), { code, alive });
  made.push(mirrors);
  return mirrors;
}

afterEach(() => {
  for (const { guarded } of made.splice(0)) guarded.onApplicationShutdown();
});

describe('GuardedMirrors', () => {
  it.each<[ErrorCode, boolean, string]>([
    ['mirror-timeout', true, 'open'],
    ['mirror-lost', false, 'open'],
    // One mirror was closed meanwhile.
    ['mirror-lost', true, 'closed'],
    ['mirror-busy', true, 'closed'],
  ])('%s of a worker alive: %p leaves the breaker %s', async (code, alive, expected) => {
    const mirrors = failing(code, alive);
    await mirrors.read(8);
    expect(mirrors.guarded.breakerState()).toBe(expected);
  });

  it('asks no worker while its breaker is open, unless nothing else is left', async () => {
    const mirrors = failing('mirror-timeout');
    await mirrors.read(4);
    await mirrors.read(3);
    expect(mirrors.reads).toBe(4);
    await mirrors.read(2, { pastBreaker: true });
    expect(mirrors.reads).toBe(6);
    const { text } = await mirrors.metrics.expose();
    expect(text).toContain('tidegate_breaker_panics_total{tier="mirror"} 2');
  });

  it('tells counts, which need no worker, whatever the breaker', async () => {
    const mirrors = failing('mirror-timeout');
    await mirrors.read(4);
    mirrors.code = undefined;
    const answer = await mirrors.guarded.read(HANDLE, { kind: 'count' });
    expect(Buffer.from(answer).toString()).toBe('answer');
  });
});
