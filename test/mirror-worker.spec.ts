import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PLACES_CERTAIN, type HotCommand } from '../modules/hot/hot-protocol.js';
import type { MirrorWorker } from '../modules/hot/mirror-worker.service.js';
import { Log } from '../modules/telemetry/log.service.js';
import { Metrics } from '../modules/telemetry/metrics.service.js';
import { ResilienceMetrics } from '../modules/telemetry/resilience-metrics.service.js';
import { until } from './support/until.js';

const RESTART_LIMIT_MS = 5_000;
const MANY_RECORDS = 50_000;
/** Room for a mirror's few records, and not for many: limits are those of all mirrors together. */
const LITTLE_BYTES = 4 * 1024 * 1024;
const LIMIT_BYTES = 1024 * 1024 * 1024;
const OPEN: Extract<HotCommand, { kind: 'open' }> = {
  kind: 'open',
  mirror: 1,
  limitBytes: LIMIT_BYTES,
  spec: {
    space: 'l2',
    dimension: 2,
    maxNeighbors: 16,
    efConstruction: 100,
    efSearch: 100,
    filters: true,
    capacity: 8,
  },
};
const PAGE = Buffer.from('{"ids":["a","b"],"embeddings":[[1,0],[0,1]],"documents":null,"metadatas":null}');

const metrics = new Metrics();
const resilience = new ResilienceMetrics();
/** What a change needs besides its page. */
const PLAIN = { hints: PLACES_CERTAIN, limitBytes: LIMIT_BYTES };

let Compiled: typeof MirrorWorker;
let worker: MirrorWorker;

beforeAll(async () => {
  // Threads run compiled code only.
  const compiled = new URL('../dist/modules/hot/mirror-worker.service.js', import.meta.url).href;
  ({ MirrorWorker: Compiled } = (await import(compiled)) as { MirrorWorker: typeof MirrorWorker });
  worker = start();
});

afterAll(() => worker.onApplicationShutdown());

function start(): MirrorWorker {
  const started = new Compiled(metrics, resilience, new Log('silent'));
  started.onModuleInit();
  return started;
}

function searchFor(vector: number[]) {
  const vectors = bytesOf(JSON.stringify([vector]));
  return { kind: 'nearest' as const, vectors, count: 1, limit: 1, include: [] };
}

async function nearestTo(vector: number[]): Promise<string> {
  const answer = await worker.call<'read'>({ kind: 'read', mirror: 1, request: searchFor(vector) });
  return Buffer.from(answer).toString();
}

async function idsInOrder(mirror = 1): Promise<unknown> {
  const request = { kind: 'records' as const, offset: 0, limit: undefined, include: [] };
  const answer = await worker.call<'read'>({ kind: 'read', mirror, request });
  return (JSON.parse(Buffer.from(answer).toString()) as { ids: unknown }).ids;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text));
}

async function fillMirror(): Promise<void> {
  await worker.call<'open'>(OPEN);
  const usage = await worker.call<'apply'>({
    kind: 'apply',
    mirror: 1,
    asked: [],
    pages: [Uint8Array.from(PAGE)],
    ...PLAIN,
  });
  expect(usage).toMatchObject({ records: 2, worn: false, inserted: 2 });
}

/** So many records that the worker is surely at it when it is ended. */
const applyForLong = () => applyMany(MANY_RECORDS);

async function applyMany(count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => `many-${index}`);
  const embeddings = ids.map((_, index) => [index, -index]);
  const page = Uint8Array.from(Buffer.from(JSON.stringify({ ids, embeddings })));
  await worker.call<'apply'>({ kind: 'apply', mirror: 1, asked: [], pages: [page], ...PLAIN });
}

describe('the mirror worker', () => {
  it('answers from the mirror that it was given', async () => {
    await fillMirror();
    expect(await nearestTo([0, 2])).toContain('"ids":[["b"]]');
  });

  it('answers in the order that it was given', async () => {
    expect(await idsInOrder()).toEqual(['a', 'b']);
    const listing = Uint8Array.from(Buffer.from('{"ids":["b","a"]}'));
    await worker.call<'order'>({ kind: 'order', mirror: 1, listing });
    expect(await idsInOrder()).toEqual(['b', 'a']);
  });

  it('takes in bodies in their order, prepared ones by number, and none that is uncertain', async () => {
    await worker.call<'open'>({ ...OPEN, mirror: 2 });
    const prepared = ['{"ids":["p"],"embeddings":[[3,0]]}', '{"ids":["gone"],"embeddings":[[4,0]]}'];
    prepared.forEach((body, index) => {
      void worker.call<'prepare'>({ kind: 'prepare', mirror: 2, insert: index + 1, body: bytesOf(body) });
    });
    await worker.call<'discard'>({ kind: 'discard', mirror: 2, insert: 2 });
    const bodies = [bytesOf('{"ids":["q"],"embeddings":[[1,1]]}'), 1, 2, bytesOf('{"ids":["q","r"]}')];
    const told = await worker.call<'insert'>({ kind: 'insert', mirror: 2, bodies, ...PLAIN });
    expect(told.placements).toEqual([{ inserted: 1 }, { inserted: 1 }, undefined, undefined]);
    expect(told.records).toBe(2);
    expect(await idsInOrder(2)).toEqual(['q', 'p']);
    await worker.call<'close'>({ kind: 'close', mirror: 2 });
  });

  it('takes in nothing that does not fit, and what follows it', async () => {
    await worker.call<'open'>({ ...OPEN, mirror: 2 });
    const ids = Array.from({ length: MANY_RECORDS }, (_, index) => `many-${index}`);
    const large = bytesOf(JSON.stringify({ ids, embeddings: ids.map((_, index) => [index, 1]) }));
    const bodies = [large, bytesOf('{"ids":["q"],"embeddings":[[1,1]]}')];
    const listing = bytesOf('{"ids":[]}');
    const { bytes } = await worker.call<'order'>({ kind: 'order', mirror: 2, listing });
    const limits = { ...PLAIN, limitBytes: bytes + LITTLE_BYTES };
    const told = await worker.call<'insert'>({ kind: 'insert', mirror: 2, bodies, ...limits });
    expect([told.placements, told.records]).toEqual([[undefined, { inserted: 1 }], 1]);
    await worker.call<'close'>({ kind: 'close', mirror: 2 });
  });

  it('fails a command that it cannot carry out, and goes on', async () => {
    const page = Uint8Array.from(Buffer.from('{"ids":["c"],"embeddings":[[1]]}'));
    const broken = worker.call<'apply'>({ kind: 'apply', mirror: 1, asked: [], pages: [page], ...PLAIN });
    await expect(broken).rejects.toMatchObject({ code: 'mirror-lost' });
    await expect(worker.call<'close'>({ kind: 'close', mirror: 99 })).rejects.toMatchObject({
      code: 'mirror-lost',
    });
    expect(await nearestTo([2, 0])).toContain('"ids":[["a"]]');
    expect(worker.pending()).toBe(0);
  });

  it('answers while it takes in, builds and compacts, instead of afterwards', async () => {
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    const applied = applyForLong().then(note('apply'));
    await nearestTo([0, 2]).then(note('read'));
    await applied;
    const compacted = worker
      .call<'compact'>({ kind: 'compact', mirror: 1, limitBytes: LIMIT_BYTES })
      .then(note('compact'));
    await nearestTo([0, 2]).then(note('read'));
    await compacted;
    expect(ended).toEqual(['read', 'apply', 'read', 'compact']);
    expect(await nearestTo([5, -5])).toContain('"ids":[["many-5"]]');
  });

  it('takes nothing in that would not fit beside what all mirrors hold', async () => {
    const page = Uint8Array.from(
      Buffer.from(`{"ids":["c"],"embeddings":[[1,1]],"documents":["${'x'.repeat(1e6)}"]}`),
    );
    const empty = await worker.call<'open'>({ ...OPEN, mirror: 2 });
    const heldBytes = 'bytes' in empty ? empty.bytes : 0;
    const apply = (limitBytes: number) =>
      worker.call<'apply'>({
        kind: 'apply',
        mirror: 2,
        asked: [],
        pages: [page.slice()],
        ...PLAIN,
        limitBytes,
      });
    const overflow = await apply(2 * heldBytes);
    const moreBytes = 'moreBytes' in overflow ? overflow.moreBytes : 0;
    expect(moreBytes).toBeGreaterThan(1e6);
    // The first mirror counts as well.
    expect(await apply(heldBytes + moreBytes)).toEqual({ moreBytes });
    expect(await worker.call<'open'>({ ...OPEN, mirror: 3, limitBytes: heldBytes })).toMatchObject({
      moreBytes: heldBytes,
    });
    expect(await apply(LIMIT_BYTES)).toMatchObject({ records: 1 });
    await worker.call<'close'>({ kind: 'close', mirror: 2 });
  });

  it('counts twice what a mirror takes in while a second copy of it is made', async () => {
    await worker.call<'close'>({ kind: 'close', mirror: 1 });
    await fillMirror();
    await applyMany(5_000);
    const listing = Uint8Array.from(PAGE);
    const { bytes } = await worker.call<'order'>({ kind: 'order', mirror: 1, listing });
    const text = Buffer.from(`{"ids":["c"],"embeddings":[[1,1]],"documents":["${'x'.repeat(1e6)}"]}`);
    const apply = (limitBytes: number) => {
      const page = Uint8Array.from(text);
      return worker.call<'apply'>({
        kind: 'apply',
        mirror: 1,
        asked: [],
        pages: [page],
        ...PLAIN,
        limitBytes,
      });
    };
    const alone = await apply(bytes);
    const moreBytes = 'moreBytes' in alone ? alone.moreBytes : 0;
    expect(moreBytes).toBeGreaterThan(1e6);
    const compacted = worker.call<'compact'>({ kind: 'compact', mirror: 1, limitBytes: LIMIT_BYTES });
    expect(await apply(2 * bytes + 1.5 * moreBytes)).toEqual({ moreBytes: 2 * moreBytes });
    expect(await apply(2 * bytes + 2 * moreBytes)).toMatchObject({ inserted: 1 });
    expect(await compacted).toHaveProperty('records');
  });

  it('never grants two mirrors that grow at once what only one of them may take', async () => {
    const [one, other] = [2, 3];
    let heldBytes = 0;
    for (const mirror of [1, one, other]) {
      const usage =
        mirror === 1
          ? await worker.call<'retain'>({ kind: 'retain', mirror, listing: Uint8Array.from(PAGE) })
          : await worker.call<'open'>({ ...OPEN, mirror });
      heldBytes += 'bytes' in usage ? usage.bytes : 0;
    }
    const text = Buffer.from(`{"ids":["c"],"embeddings":[[1,1]],"documents":["${'x'.repeat(1e6)}"]}`);
    const apply = (mirror: number, limitBytes: number) =>
      worker.call<'apply'>({
        kind: 'apply',
        mirror,
        asked: [],
        pages: [Uint8Array.from(text)],
        ...PLAIN,
        limitBytes,
      });
    const overflow = await apply(one, heldBytes);
    const moreBytes = 'moreBytes' in overflow ? overflow.moreBytes : 0;
    const limitBytes = heldBytes + 1.5 * moreBytes;
    const results = await Promise.all([apply(one, limitBytes), apply(other, limitBytes)]);
    expect(results).toEqual([expect.objectContaining({ records: 1 }), { moreBytes }]);
    for (const mirror of [one, other]) await worker.call<'close'>({ kind: 'close', mirror });
  });

  it('does not begin a read that is called off while it waits', async () => {
    await fillMirror();
    const request = searchFor([0, 1]);
    const before = Array.from({ length: 500 }, () => nearestTo([0, 1]));
    const ticket = { sequence: 0 };
    const calledOff = worker.call<'read'>({ kind: 'read', mirror: 1, request }, [], ticket);
    worker.drop(ticket);
    const after = nearestTo([0, 1]);
    await expect(calledOff).rejects.toThrow('nobody waited for it');
    expect(new Set(await Promise.all([...before, after])).size).toBe(1);
    expect((await resilience.expose()).text).toMatch(/^tidegate_dropped_searches_total 1$/m);
  });

  it('ends in the middle of building without harm to the process', async () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `built-${index}`);
    const embeddings = ids.map((_, index) =>
      Array.from({ length: 256 }, (_, at) => Math.sin(index * 256 + at)),
    );
    const page = JSON.stringify({ ids, embeddings });
    for (let time = 0; time < 5; time++) {
      const other = start();
      await other.call<'open'>({ ...OPEN, spec: { ...OPEN.spec, dimension: 256 } });
      await other.call<'apply'>({ kind: 'apply', mirror: 1, asked: [], pages: [bytesOf(page)], ...PLAIN });
      await sleep(10);
      await other.onApplicationShutdown();
      expect(other.isAlive()).toBe(false);
    }
  });

  it('is replaced by an empty one when it dies, and nobody waits for the dead', async () => {
    const { generation } = worker;
    const thread = Reflect.get(worker, 'worker') as Worker;
    const waiting = expect(applyForLong()).rejects.toMatchObject({ code: 'mirror-lost' });
    thread.postMessage(null);
    await waiting;
    expect(worker.isAlive()).toBe(false);
    await expect(nearestTo([0, 1])).rejects.toMatchObject({ code: 'mirror-lost' });

    await until('a new worker is there', RESTART_LIMIT_MS, () => Promise.resolve(worker.isAlive()));
    expect(worker.generation).toBe(generation + 1);
    await expect(nearestTo([0, 1])).rejects.toMatchObject({ code: 'mirror-lost' });
    await fillMirror();
    expect((await metrics.expose()).text).toMatch(/^tidegate_worker_restarts_total 1$/m);
  });
});
