import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounter, sumOf } from '../support/counters.js';
import { DEFAULT_DATABASE, FROM_CHROMA } from '../support/http.js';
import { network, repeated, type Disturbance } from './disturbance.js';
import { KnownRecords } from './known-records.js';
import type { Stage } from './stage.js';

const LORIS_HEAD = `POST ${DEFAULT_DATABASE}/collections/x/query HTTP/1.1\r\nhost: tidegate\r\nx-slow: `;
const LORIS_BYTE_MS = 500;
/** Answers take so long that most callers are gone by then. */
const SLOW_ANSWERS = { kind: 'latency', latencyMs: 150, jitterMs: 0 } as const;
const GONE_WITHIN_MS = 120;
const DISCONNECT_BURST = 10;
const DISCONNECT_PAUSE_MS = 50;

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
