import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounter, sumOf } from '../support/counters.js';
import { DEFAULT_DATABASE, FROM_CHROMA } from '../support/http.js';
import type { OverloadFigures } from '../support/overload-driver.js';
import { PROJECT_ROOT } from '../support/project-root.js';
import { inheritedEnv } from '../support/tidegate-process.js';
import { network, repeated, type Disturbance, type DisturbanceReport } from './disturbance.js';
import { KnownRecords } from './known-records.js';
import type { OverloadOrder } from './overload-main.js';
import type { Stage } from './stage.js';

const LORIS_HEAD = `POST ${DEFAULT_DATABASE}/collections/x/query HTTP/1.1\r\nhost: tidegate\r\nx-slow: `;
const LORIS_BYTE_MS = 500;
/** Answers take so long that most callers are gone by then. */
const SLOW_ANSWERS = { kind: 'latency', latencyMs: 150, jitterMs: 0 } as const;
const GONE_WITHIN_MS = 120;
const DISCONNECT_BURST = 10;
const DISCONNECT_PAUSE_MS = 50;
const OVERLOAD_ENTRY = join(PROJECT_ROOT, 'dist/test/faults/overload-main.js');
const LEAST_GOODPUT_SHARE = 0.8;
const RECOVERED_MS = 10_000;

/** So many connections whose requests come a byte at a time and never whole. */
export function slowLoris(connections: number): Disturbance {
  const sockets: net.Socket[] = [];
  let dripping: NodeJS.Timeout | undefined;
  let open = 0;
  return {
    begin: async ({ url }) => {
      const { hostname, port } = new URL(url);
      for (let number = 0; number < connections; number++) {
        const socket = net.connect(Number(port), hostname);
        socket.on('error', () => socket.destroy());
        sockets.push(socket);
        await once(socket, 'connect');
        socket.write(LORIS_HEAD);
      }
      dripping = setInterval(() => {
        for (const socket of sockets) if (socket.writable) socket.write('x');
      }, LORIS_BYTE_MS);
    },
    end: () => {
      clearInterval(dripping);
      open = sockets.filter(({ writable }) => writable).length;
      for (const socket of sockets) socket.destroy();
      return Promise.resolve();
    },
    look: () => Promise.resolve({ figures: { slowSockets: connections, stillOpen: open }, failures: [] }),
  };
}

/** Callers that go away before their answers come, in thousands. */
export function disconnects(): Disturbance {
  const slow = network(SLOW_ANSWERS);
  let callers = 0;
  let abortedBefore = 0;
  const storm = repeated(async (stage) => {
    for (let number = 0; number < DISCONNECT_BURST; number++) {
      goAway(stage);
      callers++;
    }
    await sleep(DISCONNECT_PAUSE_MS);
  });
  return {
    begin: async (stage) => {
      abortedBefore = await abortedCalls(stage);
      await slow.begin(stage);
      await storm.begin(stage);
    },
    end: async (stage) => {
      await storm.end(stage);
      await slow.end(stage);
    },
    look: async (stage) => {
      const aborted = (await abortedCalls(stage)) - abortedBefore;
      const failures = aborted > 0 ? [] : ['no call to ChromaDB ended with its caller'];
      return { figures: { callers, aborted }, failures };
    },
  };
}

/** Queries of the collection that is not mirrored: up to the knee, at twice its rate, and at half of it. */
export function overload(): Disturbance {
  let figures: OverloadFigures | undefined;
  return {
    begin: async ({ url, random, unmirroredId }) => {
      const order: OverloadOrder = { url, collection: unmirroredId, seed: random.seed };
      const options = { env: inheritedEnv(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] } as const;
      const child = spawn(process.execPath, [OVERLOAD_ENTRY, JSON.stringify(order)], {
        ...options,
        stdio: [...options.stdio],
      });
      const ended = once(child, 'exit');
      child.once('message', (message) => {
        figures = message as OverloadFigures;
      });
      await ended;
    },
    end: () => Promise.resolve(),
    look: () => Promise.resolve(reportOf(figures)),
  };
}

function reportOf(seen: OverloadFigures | undefined): DisturbanceReport {
  if (seen === undefined) return { figures: {}, failures: ['the overload ended before its time'] };
  const { goodputShare, recoveryMs } = seen;
  const failures = [
    ...(goodputShare >= LEAST_GOODPUT_SHARE
      ? []
      : [`goodput fell to ${goodputShare.toFixed(2)} of its peak`]),
    ...(recoveryMs <= RECOVERED_MS ? [] : [`the overload was felt for ${Math.round(recoveryMs)} ms`]),
  ];
  const { kneePerSecond, peakPerSecond } = seen;
  const figures = { kneePerSecond, peakPerSecond, goodputShare, recoveryMs };
  const rounded = Object.entries(figures).map(([name, value]) => [name, Math.round(value * 100) / 100]);
  return { figures: Object.fromEntries(rounded) as Record<string, number>, failures };
}

function goAway({ url, random, unmirroredId }: Stage): void {
  const body = JSON.stringify({ query_embeddings: [KnownRecords.vector(random)], n_results: 5 });
  const request = http.request(`${url}${DEFAULT_DATABASE}/collections/${unmirroredId}/query`, {
    agent: false,
    method: 'POST',
    headers: { ...FROM_CHROMA, 'content-type': 'application/json' },
  });
  request.on('error', () => undefined);
  request.on('response', (response) => response.resume());
  request.end(body);
  setTimeout(() => request.destroy(), random.below(GONE_WITHIN_MS));
}

async function abortedCalls({ url }: Stage): Promise<number> {
  return sumOf(await readCounter(url, 'tidegate_chroma_requests_total'), 'outcome="aborted"');
}
