import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { standIn } from '../vector/stand-in.fake.js';
import type { ChromaAddress } from './chroma-address.service.js';
import { ChromaHttp } from './chroma-http.service.js';
import type { ChromaConfig } from './chroma.config.js';
import { StoreBreakers } from './store-breakers.service.js';
import type { StoreLanes } from './store-lanes.service.js';
import { readAnswer } from './read-answer.js';
import type { BreakerKind, StoreCall } from './store-call.js';

const MIN_CALLS = 4;
const BREAKER = {
  windowMs: 10_000,
  minCalls: MIN_CALLS,
  errorPercent: 50,
  slowPercent: 100,
  slowMs: 10_000,
  openMs: 60_000,
  maxOpenMs: 60_000,
  probes: 1,
  closeAfter: 1,
};
const KINDS: readonly BreakerKind[] = ['read', 'write', 'admin'];

let server: http.Server;
let url: string;
const made: { readonly http: ChromaHttp; readonly breakers: StoreBreakers }[] = [];

/** Answers as the path says: `/503`, `/cut` breaks off within the body. */
beforeAll(async () => {
  server = http.createServer((request, response) => {
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half', () => response.destroy());
    } else if (request.url !== '/never') {
      response.writeHead(Number(request.url?.slice(1)), { 'content-length': '5' });
      response.end('whole');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  for (const { http: client, breakers } of made.splice(0)) {
    breakers.onApplicationShutdown();
    await client.onApplicationShutdown();
  }
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function chroma() {
  const options = { read: BREAKER, write: BREAKER, admin: BREAKER };
  const config = { breakers: options, maxConnections: 4, timeoutMs: 10_000, connectTimeoutMs: 1_000 };
  const address = standIn<ChromaAddress>({ url: () => url });
  const given = standIn<ChromaConfig>(config);
  const lanes = standIn<StoreLanes>({ through: (_, make) => make() });
  const breakers = new StoreBreakers(given, new ResilienceMetrics(), new Log('silent'));
  const one = { http: new ChromaHttp(given, address, lanes, breakers, new Metrics()), breakers };
  made.push(one);
  return one;
}

const call = (kind: StoreCall['kind'], path: string, given: Partial<StoreCall> = {}): StoreCall => ({
  kind,
  method: 'POST',
  path,
  headers: [],
  body: Buffer.from('{}'),
  ...given,
});

describe('ChromaHttp', () => {
  it.each(KINDS)('keeps back the kind that fails, and no other: %s', async (kind) => {
    const { http, breakers } = chroma();
    for (let time = 0; time < MIN_CALLS; time++) {
      expect((await http.send(call(kind, '/503', { wholeUpToBytes: 100 }))).status).toBe(503);
    }
    for (const each of KINDS) expect(breakers.state(each)).toBe(each === kind ? 'open' : 'closed');
    expect(breakers.isWell()).toBe(false);
    await expect(http.send(call(kind, '/200'))).rejects.toMatchObject({ code: 'store-unreachable' });
    const probe = await http.send(call('probe', '/200'));
    expect((await readAnswer(probe, 'probe')).toString()).toBe('whole');
  });

  it('counts a body that breaks off where the call wants it whole', async () => {
    const { http, breakers } = chroma();
    const whole = { wholeUpToBytes: 100 };
    for (let time = 0; time < MIN_CALLS; time++) {
      const sent = http.send(call('read', '/cut', whole));
      await expect(sent).rejects.toMatchObject({ code: 'store-failed' });
    }
    expect(breakers.state('read')).toBe('open');
  });

  it('does not hold against ChromaDB what callers end', async () => {
    const { http, breakers } = chroma();
    for (let time = 0; time < 2 * MIN_CALLS; time++) {
      const signal = AbortSignal.timeout(5);
      await expect(http.send(call('read', '/never', { signal }))).rejects.toThrow();
    }
    expect(breakers.state('read')).toBe('closed');
  });

  it('sends nothing after the deadline', async () => {
    const late = call('write', '/200', { deadlineMs: performance.now() });
    await expect(chroma().http.send(late)).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });
});
