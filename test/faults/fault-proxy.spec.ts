import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FaultProxy } from './fault-proxy.js';
import type { FaultKind } from './network-fault.js';

const ANSWER = JSON.stringify({ answer: 'x'.repeat(2_000) });
const SEED = 11;
const LIMIT_MS = 400;
/** Nothing came until the caller gave up. */
const SILENCE = 'silence';

let store: http.Server;
let heard: number;
let proxy: FaultProxy;
let agent: http.Agent;

beforeEach(async () => {
  heard = 0;
  agent = new http.Agent({ keepAlive: true });
  store = http.createServer((request, response) => {
    heard++;
    request.resume();
    response.end(ANSWER);
  });
  store.listen(0, '127.0.0.1');
  await once(store, 'listening');
  proxy = await FaultProxy.start(`http://127.0.0.1:${(store.address() as AddressInfo).port}`, SEED);
});

afterEach(async () => {
  agent.destroy();
  await proxy.close();
  store.close();
  store.closeAllConnections();
});

interface Met {
  readonly text: string;
  /** Undefined when the answer came whole. */
  readonly failure?: string;
  readonly status?: number | undefined;
}

/** One exchange on a kept connection, as its caller sees it. */
function ask(): Promise<Met> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(proxy.url);
    const signal = AbortSignal.timeout(LIMIT_MS);
    const request = http.request({ agent, hostname, port, method: 'POST', path: '/', signal });
    let text = '';
    const fail = (error: NodeJS.ErrnoException) => {
      const failure = error.name === 'AbortError' ? SILENCE : (error.code ?? error.message);
      resolve({ text, failure });
    };
    request.once('error', fail);
    request.once('response', (response) => {
      response.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
      response.once('error', fail);
      response.once('end', () => {
        resolve({ text, status: response.statusCode });
      });
    });
    request.end('{}');
  });
}

async function askWith(kind: Exclude<FaultKind, 'latency' | 'bandwidth'>, share = 1): Promise<Met> {
  await proxy.inject({ kind }, share);
  return ask();
}

describe('a fault proxy', () => {
  it('passes everything on while no fault is in force', async () => {
    expect([await ask(), await ask()]).toEqual([
      { text: ANSWER, status: 200 },
      { text: ANSWER, status: 200 },
    ]);
    expect(proxy.connections()).toBe(1);
  });

  it('meets connections that are open, and lets them go on when the fault is over', async () => {
    await ask();
    expect(await askWith('reset-unanswered')).toEqual({ text: '', failure: 'ECONNRESET' });
    await proxy.clear();
    expect((await ask()).text).toBe(ANSWER);
    expect([...proxy.hits]).toEqual([['reset-unanswered', 1]]);
  });

  it('resets before the request arrives, or after', async () => {
    expect((await askWith('reset-request')).failure).toBe('ECONNRESET');
    expect(heard).toBe(0);
    expect((await askWith('reset-unanswered')).failure).toBe('ECONNRESET');
    expect(heard).toBe(1);
  });

  it.each(['reset-midway', 'truncated'] as const)('leaves the answer unfinished: %s', async (kind) => {
    const met = await askWith(kind);
    expect(met.failure).toMatch(/ECONNRESET|HPE_/);
    expect(met.text.length).toBeLessThan(ANSWER.length);
    expect(heard).toBe(1);
  });

  it.each(['stall', 'black-hole'] as const)(
    'says no more, and keeps the connection open: %s',
    async (kind) => {
      expect((await askWith(kind)).failure).toBe(SILENCE);
      expect(heard).toBe(kind === 'stall' ? 1 : 0);
    },
  );

  it('answers with what is not HTTP', async () => {
    expect((await askWith('garbage')).failure).toMatch(/^HPE_|ECONNRESET/);
  });

  it('garbles a body, and its length is right', async () => {
    const met = await askWith('garbled-body');
    expect(met).toEqual({ text: '\xff'.repeat(ANSWER.length), status: 200 });
  });

  it('refuses connections, resets those that are open, and listens on the same port again', async () => {
    await ask();
    const { url } = proxy;
    expect((await askWith('refusing')).failure).toMatch(/ECONNREFUSED|ECONNRESET/);
    expect((await ask()).failure).toBe('ECONNREFUSED');
    await proxy.clear();
    expect(proxy.url).toBe(url);
    expect((await ask()).text).toBe(ANSWER);
  });

  it('holds answers back by latency and jitter', async () => {
    await proxy.inject({ kind: 'latency', latencyMs: 100, jitterMs: 50 });
    const startedMs = performance.now();
    expect((await ask()).text).toBe(ANSWER);
    expect(performance.now() - startedMs).toBeGreaterThan(99);
  });

  it('lets answers trickle by bandwidth', async () => {
    await proxy.inject({ kind: 'bandwidth', bytesPerSecond: 20_000 });
    const startedMs = performance.now();
    expect((await ask()).text).toBe(ANSWER);
    expect(performance.now() - startedMs).toBeGreaterThan((ANSWER.length / 20_000) * 1_000 - 21);
  });

  it('meets the same exchanges again with the same seed', async () => {
    const metOf = async (): Promise<boolean[]> => {
      const met: boolean[] = [];
      for (let round = 0; round < 30; round++)
        met.push((await askWith('reset-request', 0.4)).failure !== undefined);
      return met;
    };
    const first = await metOf();
    await proxy.close();
    proxy = await FaultProxy.start(`http://127.0.0.1:${(store.address() as AddressInfo).port}`, SEED);
    expect(await metOf()).toEqual(first);
    expect(new Set(first)).toEqual(new Set([true, false]));
  });
});
