import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Shedding } from '../admission/shedding.service.js';
import { LoadMetrics } from '../telemetry/load-metrics.service.js';
import { Log } from '../telemetry/log.service.js';
import { standIn } from '../vector/stand-in.fake.js';
import type { ChromaConfig } from './chroma.config.js';
import type { StoreAnswer, StoreCall } from './store-call.js';
import { StoreLanes } from './store-lanes.service.js';

const PLACES = 2;
const ADMISSION = {
  minCalls: PLACES,
  maxCalls: PLACES,
  ownCalls: 1,
  queueMax: 0,
  queueMs: 100,
  writeQueueMs: 100,
  sharePercent: 100,
};
const DEADLINE_MS = 1_000;

describe('StoreLanes', () => {
  let lanes: StoreLanes;

  beforeEach(() => {
    jest.useFakeTimers();
    lanes = lanesWith(ADMISSION);
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  const lanesWith = (admission: ChromaConfig['admission']) => {
    const config = standIn<ChromaConfig>({ admission, timeoutMs: 30_000 });
    return new StoreLanes(config, new Shedding(new LoadMetrics(), new Log('silent')));
  };
  const call = (kind: StoreCall['kind'], given: Partial<StoreCall> = {}): StoreCall => ({
    kind,
    method: 'POST',
    path: '/',
    headers: [],
    body: null,
    caller: 'spec',
    deadlineMs: performance.now() + DEADLINE_MS,
    ...given,
  });
  const never = () => new Promise<StoreAnswer>(() => undefined);
  const done = () => Promise.resolve<StoreAnswer>({ status: 200, headers: [], body: Buffer.alloc(0) });

  it('give a place back at the deadline of a call that ChromaDB never answers', async () => {
    for (let place = 0; place < PLACES; place++) void lanes.through(call('write'), never);
    await expect(lanes.through(call('write'), done)).rejects.toMatchObject({ code: 'overloaded' });
    await jest.advanceTimersByTimeAsync(DEADLINE_MS);
    for (let time = 0; time < 2 * PLACES; time++) {
      expect((await lanes.through(call('write'), done)).status).toBe(200);
    }
  });

  it('give a place back once, also where the call ends after its deadline', async () => {
    let end: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (end = resolve)).then(done);
    const slow = lanes.through(call('write'), () => late);
    await jest.advanceTimersByTimeAsync(DEADLINE_MS);
    void lanes.through(call('write'), never);
    end();
    await slow;
    void lanes.through(call('write'), never);
    await expect(lanes.through(call('write'), done)).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('keep kinds, and what Tidegate asks for itself, apart; probes always pass', async () => {
    for (let place = 0; place < PLACES; place++) void lanes.through(call('write'), never);
    for (const given of [call('read'), call('admin'), call('probe')]) {
      expect((await lanes.through(given, done)).status).toBe(200);
    }
    const own: StoreCall = { kind: 'read', method: 'GET', path: '/', headers: [], body: null };
    expect((await lanes.through(own, done)).status).toBe(200);
  });

  it('have writes and administration wait where reads are refused', async () => {
    lanes = lanesWith({ ...ADMISSION, queueMax: 1, queueMs: 100, writeQueueMs: 5_000 });
    const deadlineMs = performance.now() + 60_000;
    const outcomes = await Promise.all(
      (['read', 'write', 'admin'] as const).map(async (kind) => {
        const held: (() => void)[] = [];
        const under = () => new Promise<void>((resolve) => held.push(resolve)).then(done);
        for (let place = 0; place < PLACES; place++) void lanes.through(call(kind, { deadlineMs }), under);
        const waited = lanes.through(call(kind, { deadlineMs }), done).then(
          () => 'done',
          () => 'refused',
        );
        await jest.advanceTimersByTimeAsync(1_000);
        for (const end of held) end();
        return waited;
      }),
    );
    expect(outcomes).toEqual(['refused', 'done', 'done']);
  });
});
