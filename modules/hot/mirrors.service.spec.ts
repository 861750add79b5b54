import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidegateError } from '../vector/errors.js';
import type { NearestRequest } from '../vector/read-request.js';
import { standIn } from '../vector/stand-in.fake.js';
import {
  PLACES_CERTAIN,
  type HotCommand,
  type HotResults,
  type MirrorSpec,
  type MirrorUsage,
} from './hot-protocol.js';
import type { MirrorWorker, Ticket } from './mirror-worker.service.js';
import { Mirrors } from './mirrors.service.js';

const SPEC: MirrorSpec = {
  space: 'l2',
  dimension: 2,
  maxNeighbors: 16,
  efConstruction: 100,
  efSearch: 100,
  filters: true,
  capacity: 10,
};
const SEARCH: NearestRequest = {
  kind: 'nearest',
  vectors: Buffer.from('[[1,2]]'),
  count: 1,
  limit: 1,
  include: [],
};
const LIMIT = 1_000;

type Result = HotResults[HotCommand['kind']];

interface Asked {
  readonly command: HotCommand;
  readonly moved: readonly ArrayBuffer[];
  readonly answer: (result: Result) => void;
  readonly fail: (error: Error) => void;
}

/** Notes each command, to be answered by the spec. */
class FakeWorker {
  generation = 1;
  alive = true;
  queued = 0;
  readonly asked: Asked[] = [];
  readonly dropped: number[] = [];

  isAlive = () => this.alive;
  pending = () => this.queued;
  drop = ({ sequence }: Ticket) => void this.dropped.push(sequence);

  call = <K extends HotCommand['kind']>(
    command: Extract<HotCommand, { kind: K }>,
    moved: readonly ArrayBuffer[] = [],
    ticket?: Ticket,
  ): Promise<HotResults[K]> =>
    new Promise((resolve, fail) => {
      if (ticket) ticket.sequence = this.asked.length + 1;
      this.asked.push({ command, moved, answer: resolve as (result: Result) => void, fail });
    });

  last(): Asked {
    const last = this.asked.at(-1);
    if (last === undefined) throw new Error('nothing was asked');
    return last;
  }
}

function setUp(searchTimeoutMs = 5_000, maxQueuedSearches = 2) {
  const worker = new FakeWorker();
  const config = { maxMirrorBytes: LIMIT, maxAnswerCacheBytes: 0, searchTimeoutMs, maxQueuedSearches };
  const mirrors = new Mirrors(config, standIn<MirrorWorker>(worker));
  const create = (bytes: number, records = 0) => {
    const created = mirrors.create(SPEC);
    worker.last().answer({ records, bytes, fieldBytes: 0, worn: false } satisfies MirrorUsage);
    return created;
  };
  return { worker, mirrors, create };
}

describe('Mirrors, searching', () => {
  it('passes the search on to the mirror, and its answer back', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1);
    const search = mirrors.read(handle, SEARCH);
    expect(worker.last().command).toEqual({ kind: 'read', mirror: handle.number, request: SEARCH });
    worker.last().answer(Buffer.from('{}'));
    expect(Buffer.from(await search).toString()).toBe('{}');
  });

  it('is busy when as many searches wait as may', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1);
    worker.queued = 2;
    await expect(mirrors.read(handle, SEARCH)).rejects.toMatchObject({ code: 'mirror-busy' });
    expect(worker.last().command.kind).toBe('open');
    worker.queued = 1;
    const search = mirrors.read(handle, SEARCH);
    worker.last().answer('incomplete');
    await expect(search).resolves.toBe('incomplete');
  });

  it('reads vectors itself while the worker is behind, and leaves others to ChromaDB', async () => {
    const { worker, mirrors, create } = setUp(undefined, 10);
    const handle = await create(1);
    worker.queued = 4;
    const search = mirrors.read(handle, SEARCH);
    expect(worker.last().command).toMatchObject({ request: { vectors: [Float32Array.of(1, 2)] } });
    worker.last().answer('incomplete');
    await search;
    const asked = worker.asked.length;
    const other = { ...SEARCH, vectors: Buffer.from('[[1,2,3]]') };
    await expect(mirrors.read(handle, other)).resolves.toBe('dimension');
    expect(worker.asked.length).toBe(asked);
  });

  it('gives a search up that nobody waits for, and has the worker drop it', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1);
    const gone = new AbortController();
    const answer = mirrors.read(handle, SEARCH, gone.signal);
    const reason = new Error('gone');
    gone.abort(reason);
    await expect(answer).rejects.toBe(reason);
    expect(worker.dropped).toEqual([worker.asked.length]);
    worker.last().fail(new Error('late'));
  });

  it('does not ask the worker for one who is gone already', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1);
    const asked = worker.asked.length;
    await expect(mirrors.read(handle, SEARCH, AbortSignal.abort())).rejects.toThrow('aborted');
    expect(worker.asked.length).toBe(asked);
  });

  it('drops nothing that was answered', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1);
    const gone = new AbortController();
    const answer = mirrors.read(handle, SEARCH, gone.signal);
    worker.last().answer('incomplete');
    expect(await answer).toBe('incomplete');
    gone.abort();
    expect(worker.dropped).toEqual([]);
  });

  it('gives a search up that takes too long, and stays quiet about its late failure', async () => {
    const { worker, mirrors, create } = setUp(10);
    const handle = await create(1);
    await expect(mirrors.read(handle, SEARCH)).rejects.toMatchObject({ code: 'mirror-timeout' });
    expect(worker.dropped).toEqual([worker.asked.length]);
    worker.last().fail(new TidegateError('mirror-lost', '', ''));
    await sleep(1);
  });

  it('tells of a lost mirror', async () => {
    const { worker, mirrors, create } = setUp();
    const search = mirrors.read(await create(1), SEARCH);
    worker.last().fail(new TidegateError('mirror-lost', 'gone', ''));
    await expect(search).rejects.toMatchObject({ code: 'mirror-lost' });
  });
});

describe('Mirrors, counting', () => {
  it('tells the number of records without the worker', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1, 12);
    worker.queued = 2;
    expect(Buffer.from(await mirrors.read(handle, { kind: 'count' })).toString()).toBe('12');
    expect(worker.asked.map(({ command }) => command.kind)).toEqual(['open']);
  });

  it('tells of a lost mirror', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1, 12);
    worker.alive = false;
    await expect(mirrors.read(handle, { kind: 'count' })).rejects.toMatchObject({ code: 'mirror-lost' });
  });
});

describe('Mirrors, holding', () => {
  it('adds up what all mirrors hold, and forgets closed ones', async () => {
    const { worker, mirrors, create } = setUp();
    const first = await create(300, 3);
    await create(500, 5);
    expect([mirrors.heldBytes(), mirrors.heldRecords(), mirrors.limitBytes]).toEqual([800, 8, LIMIT]);
    expect([mirrors.fits(200), mirrors.fits(201)]).toEqual([true, false]);
    mirrors.close(first);
    expect(worker.last().command).toEqual({ kind: 'close', mirror: first.number });
    expect([mirrors.heldBytes(), mirrors.heldRecords()]).toEqual([500, 5]);
  });

  it('follows the usage that changes report', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(100);
    const applied = mirrors.apply(handle, ['a'], [Buffer.from('{}')], PLACES_CERTAIN);
    worker.last().answer({ records: 1, bytes: 400, fieldBytes: 0, worn: false, inserted: 1 });
    expect(await applied).toEqual({ inserted: 1 });
    expect(handle.usage).toEqual({ records: 1, bytes: 400, fieldBytes: 0, worn: false });
    expect(mirrors.heldBytes()).toBe(400);
    const ordered = mirrors.order(handle, Buffer.from('{}'));
    expect(worker.last().command).toMatchObject({ kind: 'order', mirror: handle.number });
    worker.last().answer({ records: 1, bytes: 410, fieldBytes: 0, worn: false });
    await ordered;
    expect(handle.usage.bytes).toBe(410);
    const retained = mirrors.retain(handle, Buffer.from('{}'));
    worker.last().answer({ records: 0, bytes: 350, fieldBytes: 0, worn: true });
    await retained;
    expect(handle.usage).toEqual({ records: 0, bytes: 350, fieldBytes: 0, worn: true });
  });

  it('compacts one at a time', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(300);
    const compacted = mirrors.compact(handle);
    const compaction = worker.last();
    expect(compaction.command).toEqual({ kind: 'compact', mirror: handle.number, limitBytes: LIMIT });
    await mirrors.compact(handle);
    expect(worker.last()).toBe(compaction);
    compaction.answer({ records: 1, bytes: 100, fieldBytes: 0, worn: false });
    await compacted;
    expect(mirrors.heldBytes()).toBe(100);
    const refused = mirrors.compact(handle);
    worker.last().answer({ moreBytes: 100 });
    await expect(refused).rejects.toMatchObject({ code: 'mirror-full', moreBytes: 100 });
  });

  it.each(['opened', 'changed'] as const)(
    'tells that a mirror cannot be %s within the budget',
    async (how) => {
      const { worker, mirrors, create } = setUp();
      const handle = await create(100);
      const refused =
        how === 'opened'
          ? mirrors.create(SPEC)
          : mirrors.apply(handle, [], [Buffer.from('{}')], PLACES_CERTAIN);
      expect(worker.last().command).toMatchObject({ limitBytes: LIMIT });
      worker.last().answer({ moreBytes: 901 });
      await expect(refused).rejects.toMatchObject({ code: 'mirror-full', moreBytes: 901 });
      expect(mirrors.heldBytes()).toBe(100);
    },
  );

  it('gives each mirror a number of its own', async () => {
    const { mirrors, create } = setUp();
    const first = await create(1);
    mirrors.close(first);
    expect((await create(1)).number).not.toBe(first.number);
  });

  it('hands pages over in memory of their own', async () => {
    const { worker, mirrors, create } = setUp();
    const page = Buffer.from('xx{}').subarray(2);
    const applied = mirrors.apply(await create(1), ['a'], [page], PLACES_CERTAIN);
    const { command, moved } = worker.last();
    worker.last().answer({ records: 0, bytes: 1, fieldBytes: 0, worn: false, inserted: 0 });
    await applied;
    expect(command).toMatchObject({
      kind: 'apply',
      asked: ['a'],
      pages: [new Uint8Array([0x7b, 0x7d])],
    });
    expect(moved.map((buffer) => buffer.byteLength)).toEqual([2]);
  });
});

describe('Mirrors, after the worker died', () => {
  it('counts mirrors of the earlier worker for dead, and their memory for free', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(900, 9);
    expect(mirrors.isAlive(handle)).toBe(true);
    worker.alive = false;
    expect([mirrors.isAlive(handle), mirrors.workerAlive()]).toEqual([false, false]);
    worker.generation++;
    worker.alive = true;
    expect(mirrors.isAlive(handle)).toBe(false);
    expect([mirrors.heldBytes(), mirrors.heldRecords(), mirrors.fits(LIMIT)]).toEqual([0, 0, true]);
  });

  it('asks the new worker nothing about a mirror of the earlier one', async () => {
    const { worker, mirrors, create } = setUp();
    const handle = await create(1);
    worker.generation++;
    mirrors.close(handle);
    expect(worker.asked.map(({ command }) => command.kind)).toEqual(['open']);
  });

  it('closes quietly even when the worker dies on the way', async () => {
    const { worker, mirrors, create } = setUp();
    mirrors.close(await create(1));
    worker.last().fail(new TidegateError('mirror-lost', '', ''));
    await sleep(1);
  });

  it('does not hold a mirror that could not be opened', async () => {
    const { worker, mirrors } = setUp();
    const created = mirrors.create(SPEC);
    worker.last().fail(new TidegateError('mirror-lost', '', ''));
    await expect(created).rejects.toMatchObject({ code: 'mirror-lost' });
    expect(mirrors.heldBytes()).toBe(0);
  });
});
