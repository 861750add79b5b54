import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCounter, sumOf } from './support/counters.js';
import {
  callJson,
  DEFAULT_DATABASE,
  FROM_CHROMA,
  postJson,
  send,
  tierOf,
  waitForTier,
  type Headers,
  type Reply,
} from './support/http.js';
import { answerOf, createCollection, numberedRecords, type Records } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

const DIMENSION = 8;
const DEFAULT_MS = 1_500;
const LOWERED_MS = 400;
const HEADERS_MS = 500;
/** Every request ends so long after its deadline at the latest; the rest is for the load of the machine. */
const LATE_MS = 250 + 750;
const LIMIT_MS = 15_000;
/** Of each document: 300 of them are too long an answer to be held until it is whole. */
const LONG_BYTES = 8_000;

const random = new SeededRandom(41);
const lowered: Headers = { 'x-request-timeout-ms': String(LOWERED_MS) };

let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let records: Records;

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_READ_TIMEOUT_MS: String(DEFAULT_MS),
    TIDEGATE_WRITE_TIMEOUT_MS: String(DEFAULT_MS),
    TIDEGATE_HEADERS_TIMEOUT_MS: String(HEADERS_MS),
    // What a warm-up asks for is cut as well: it is to go on soon.
    TIDEGATE_CHROMA_TIMEOUT_MS: '4000',
    TIDEGATE_SETTLE_MS: '0',
  });
  records = await createCollection(tidegate.url, 'timed');
  const vectors = Array.from({ length: 300 }, () => random.vector(DIMENSION));
  const documents = vectors.map(() => 'tide'.repeat(LONG_BYTES / 4));
  expect((await records.add({ ...numberedRecords('record', vectors), documents })).status).toBe(201);
});

afterEach(() => {
  network.hold.end();
  network.cutAnswersAt(undefined);
});

afterAll(async () => {
  await tidegate.stop();
  await network.close();
  await lender.stop();
});

const query = () => ({ query_embeddings: [random.vector(DIMENSION)], n_results: 5 });
const pathOf = (call: string) => `${DEFAULT_DATABASE}/collections/${records.id}/${call}`;

async function timed(asked: Promise<Reply>): Promise<{ reply: Reply; tookMs: number }> {
  const startedMs = performance.now();
  const reply = await asked;
  return { reply, tookMs: performance.now() - startedMs };
}

async function expectEnd(asked: Promise<Reply>, deadlineMs: number): Promise<Reply> {
  const { reply, tookMs } = await timed(asked);
  expect(reply.status).toBe(504);
  expect(reply.json).toEqual({ error: 'ChromaError', message: expect.any(String) });
  expect(tookMs).toBeGreaterThanOrEqual(deadlineMs - 5);
  expect(tookMs).toBeLessThan(deadlineMs + LATE_MS);
  return reply;
}

async function counted(name: string, label: string): Promise<number> {
  return sumOf(await readCounter(tidegate.url, name), label);
}

/** Opens a connection and sends what it is given, piece by piece. */
async function dribble(pieces: readonly string[], pauseMs: number): Promise<string> {
  const { hostname, port } = new URL(tidegate.url);
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => socket.destroy());
  const answer = text(socket).catch(() => '');
  for (const piece of pieces) {
    if (!socket.writable) break;
    socket.write(piece);
    await sleep(pauseMs);
  }
  return answer;
}

describe('a read whose ChromaDB stalls', () => {
  it('ends at the default deadline, which no caller raises', async () => {
    network.hold.begin('/query');
    const headers = { ...FROM_CHROMA, 'x-request-timeout-ms': '999999' };
    const reply = await expectEnd(records.query(query(), headers), DEFAULT_MS);
    expect((reply.json as { message: string }).message).toContain('the time for this request is over');
  });

  it('ends at the deadline that its caller lowers, and its call with it', async () => {
    const before = await counted('tidegate_chroma_requests_total', 'outcome="aborted"');
    network.hold.begin('/query');
    await expectEnd(records.query(query(), { ...FROM_CHROMA, ...lowered }), LOWERED_MS);
    expect(await counted('tidegate_chroma_requests_total', 'outcome="aborted"')).toBe(before + 1);
    const ended = await readCounter(tidegate.url, 'tidegate_deadlines_exceeded_total');
    expect(ended.get('route="query",stage="answering"')).toBe(2);
  });

  it('goes on for a caller who has more time, when others ask the same', async () => {
    network.hold.begin('/query');
    const same = query();
    const hasty = records.query(same, lowered);
    const patient = records.query(same);
    await expectEnd(hasty, LOWERED_MS);
    network.hold.end();
    expect((await patient).status).toBe(200);
  });

  it('ends in the middle of a short answer, of which the caller has seen nothing', async () => {
    network.cutAnswersAt(400);
    const short = { ...query(), n_results: 300, include: ['distances'] };
    await expectEnd(records.query(short, { ...FROM_CHROMA, ...lowered }), LOWERED_MS);
  });

  it('is cut where a long answer has begun', async () => {
    network.cutAnswersAt(400);
    const startedMs = performance.now();
    const all = send(tidegate.url, {
      method: 'POST',
      path: pathOf('query'),
      headers: { 'content-type': 'application/json', ...FROM_CHROMA, ...lowered },
      body: JSON.stringify({ ...query(), n_results: 300, include: ['documents'] }),
    });
    await expect(all).rejects.toThrow();
    expect(performance.now() - startedMs).toBeLessThan(LOWERED_MS + LATE_MS);
  });

  it('is answered by a mirror all the while, once there is one', async () => {
    await waitForTier(tidegate.url, records.id, 'mirror');
    network.hold.begin('/query');
    const reply = await records.query(query(), lowered);
    expect([reply.status, tierOf(reply)]).toEqual([200, 'mirror']);
  });
});

describe('the header', () => {
  it.each(['0', '-5', '1.5', 'soon'])('%j is refused in the words of ChromaDB', async (value) => {
    const reply = await records.query(query(), { 'x-request-timeout-ms': value });
    expect(reply.status).toBe(400);
    expect(reply.json).toEqual({
      error: 'InvalidArgumentError',
      message: expect.stringContaining('x-request-timeout-ms'),
    });
  });
});

describe('a write whose ChromaDB stalls', () => {
  const write = (call: string, body: object) => callJson(tidegate.url, 'POST', pathOf(call), body, lowered);
  const documentOf = async (id: string) => {
    const direct = await records.through(lender.chromaUrl).get({ ids: [id], include: ['documents'] });
    return (direct.json as { documents: (string | null)[] }).documents[0];
  };

  it('is told of at the deadline, goes on, and settles as applied', async () => {
    network.hold.begin('/upsert');
    const vector = random.vector(DIMENSION).map((value) => value + 50);
    const reply = await expectEnd(write('upsert', { ids: ['late'], embeddings: [vector] }), LOWERED_MS);
    expect((reply.json as { message: string }).message).toContain('may have been applied');
    network.hold.end();
    await until('the write is in every answer', LIMIT_MS, async () => {
      const found = await records.query({ query_embeddings: [vector], n_results: 1 });
      return answerOf(found).ids[0]?.[0] === 'late';
    });
    expect(await counted('tidegate_in_doubt_total', '')).toBe(0);
    await until('the mirror has it', LIMIT_MS, async () => {
      const found = await records.query({ query_embeddings: [vector, vector], n_results: 1 });
      return tierOf(found) === 'mirror' && answerOf(found).ids[0]?.[0] === 'late';
    });
  });

  it('is not sent any more when its turn comes after its deadline', async () => {
    const embeddings = [random.vector(DIMENSION)];
    network.hold.begin('/upsert');
    const first = records.upsert({ ids: ['same'], embeddings, documents: ['first'] });
    await until('the first is on its way', LIMIT_MS, () => Promise.resolve(network.hold.held === 1));
    await expectEnd(write('upsert', { ids: ['same'], embeddings, documents: ['second'] }), LOWERED_MS);
    network.hold.end();
    expect((await first).status).toBe(200);
    // Whatever waits for the same record comes after the one that was dropped.
    expect((await write('update', { ids: ['same'], metadatas: [{ seen: true }] })).status).toBe(200);
    expect(await documentOf('same')).toBe('first');
    expect(await counted('tidegate_in_doubt_total', '')).toBe(0);
  });
});

describe('a caller who sends slowly', () => {
  it.each([
    ['query', 'read'],
    ['upsert', 'write'],
  ])('is told at the deadline of a %s, and its connection ends', async (call) => {
    const head = `POST ${pathOf(call)} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
    const startedMs = performance.now();
    const answer = await dribble([`${head}content-length: 1000\r\n\r\n`, ...Array<string>(60).fill(' ')], 50);
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).toContain('did not come in within its time');
    expect(performance.now() - startedMs).toBeLessThan(60 * 50 + LATE_MS);
    const ended = await readCounter(tidegate.url, 'tidegate_deadlines_exceeded_total');
    expect(ended.get(`route="${call}",stage="reading"`)).toBe(1);
  });

  it('of headers that never end is cut off, a hundred of them, and hurts nobody', async () => {
    const startedMs = performance.now();
    const slow = Array.from({ length: 100 }, () =>
      dribble(['POST /api/v2/tenants HTTP/1.1\r\nhost: x\r\n'], 0),
    );
    expect((await records.query(query())).status).toBe(200);
    const answers = await Promise.all(slow);
    expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 408'))).toEqual([]);
    // Connections are looked through once a second.
    expect(performance.now() - startedMs).toBeLessThan(HEADERS_MS + 1_000 + LATE_MS);
  });
});

describe('more connections than may be', () => {
  it('are closed at once, and counted', async () => {
    const few = await startTidegate({ TIDEGATE_CHROMA_URL: network.url, TIDEGATE_CONNECTIONS_MAX: '4' });
    const { hostname, port } = new URL(few.url);
    const open = Array.from({ length: 4 }, () => net.connect(Number(port), hostname));
    await Promise.all(open.map((socket) => once(socket, 'connect')));
    const further = net.connect(Number(port), hostname);
    further.on('error', () => further.destroy());
    await once(further, 'close');
    for (const socket of open) socket.destroy();
    await until('the refusal is counted', LIMIT_MS, async () => {
      const refused = await readCounter(few.url, 'tidegate_refused_connections_total').catch(() => undefined);
      return refused !== undefined && sumOf(refused, '') >= 1;
    });
    expect((await postJson(few.url, pathOf('query'), query())).status).toBe(200);
    await few.stop();
  });
});
