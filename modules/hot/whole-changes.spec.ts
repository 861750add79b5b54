import { describe, expect, it } from '@jest/globals';
import { finish } from './finish.js';

import { PLACES_CERTAIN, type NoAnswer, type WorkerRead } from './hot-protocol.js';
import {
  ROOM,
  idsOfMirror,
  listingOf,
  mirrorOf,
  pageOf,
  record,
  recordsOfMirror,
  searchFor,
} from './mirror-model.fake.js';
import type { Mirror } from './mirror.store.js';

/** Records at one moment: each says which, and stands where no other moment has it. */
function recordsAt(moment: number, count: number) {
  return Array.from({ length: count }, (_, n) => record(`r${n}`, [n, moment], `{"moment":${moment}}`));
}

/** Steps of a change between which reads begin. */
const EVERY = 211;
const GET: WorkerRead = { kind: 'records', offset: 0, limit: undefined, include: ['metadatas'] };

/** The moments that an answer's records are from; undefined where ChromaDB is to answer. */
function momentsIn(answer: Uint8Array | NoAnswer): readonly string[] | undefined {
  if (typeof answer === 'string') return undefined;
  const texts = Buffer.from(answer)
    .toString()
    .match(/"moment":\d+/g);
  return [...new Set(texts)];
}

interface Reading {
  readonly work: Generator<void, Uint8Array | NoAnswer>;
  readonly pauses: number;
}

/** Reads of every kind, begun at every step of a change, some of which pause until later steps. */
class Readers {
  readonly seen: (readonly string[] | undefined)[] = [];
  private waiting: Reading[] = [];
  private step = 0;

  constructor(
    private readonly mirror: Mirror,
    private readonly count: number,
  ) {}

  next(): void {
    this.waiting = this.waiting.filter((reading) => !this.goOn(reading));
    if (this.step++ % EVERY !== 0) return;
    const search = { ...searchFor([0, 0], this.count), include: ['metadatas'] as const };
    for (const request of [GET, search]) {
      for (const pauses of [0, 1_000]) this.waiting.push({ work: this.mirror.read(request), pauses });
    }
  }

  end(): void {
    for (const { work } of this.waiting) this.seen.push(momentsIn(finish(work)));
  }

  /** One step of a read that has been left alone long enough. */
  private goOn(reading: Reading): boolean {
    if (this.step % (reading.pauses + 1) !== 0) return false;
    const { done, value } = reading.work.next();
    if (done) this.seen.push(momentsIn(value));
    return done ?? false;
  }
}

function filled(count: number): Mirror {
  const mirror = mirrorOf('l2', 2, 16);
  finish(mirror.apply([], [pageOf(recordsAt(1, count))], PLACES_CERTAIN, ROOM));
  return mirror;
}

/** What reads saw while the work went on, in one turn for each kind of them. */
function readDuring(mirror: Mirror, count: number, work: readonly Generator<void, unknown>[]) {
  const readers = new Readers(mirror, count);
  for (const each of work) while (!each.next().done) readers.next();
  readers.end();
  return readers.seen;
}

describe('Mirror, read while a write is taken in', () => {
  it.each([400, 2_000])('shows all of %i changed records or none', (count) => {
    const mirror = filled(count);
    const changed = recordsAt(2, count);
    const pages = [pageOf(changed.slice(0, count / 2)), pageOf(changed.slice(count / 2))];
    const ids = changed.map(({ id }) => id);
    const seen = readDuring(mirror, count, [mirror.apply(ids, pages, PLACES_CERTAIN, ROOM)]);
    for (const moments of seen) expect(moments?.length ?? 1).toBe(1);
    expect(seen.some((moments) => moments !== undefined)).toBe(true);
    expect(momentsIn(finish(mirror.read(GET)))).toEqual(['"moment":2']);
  });

  it('shows nothing between two parts of a write, and all of it after the last', () => {
    const mirror = filled(20);
    const changed = recordsAt(2, 20);
    const ids = changed.map(({ id }) => id);
    const parts = [ids.slice(0, 10), ids.slice(10)].map((asked, part) =>
      mirror.apply(
        asked,
        [pageOf(changed.filter(({ id }) => asked.includes(id)))],
        { uncertain: false, more: part === 0 },
        ROOM,
      ),
    );
    const [first, last] = parts;
    if (first === undefined || last === undefined) throw new Error('two parts are needed');
    finish(first);
    expect(recordsOfMirror(mirror)).toBeUndefined();
    expect(finish(mirror.read(searchFor([0, 0], 3)))).toBe('incomplete');
    finish(last);
    expect(momentsIn(finish(mirror.read(GET)))).toEqual(['"moment":2']);
  });

  it.each([400, 2_000])('removes all of %i records or none', (count) => {
    const mirror = filled(2 * count);
    const kept = recordsAt(1, 2 * count)
      .map(({ id }) => id)
      .filter((_, n) => n % 2 === 0);
    const counts = new Set<number | undefined>();
    const work = mirror.retain(listingOf(kept));
    for (let step = 0; !work.next().done; step++) {
      if (step % EVERY === 0) counts.add((idsOfMirror(mirror) as string[] | undefined)?.length);
    }
    counts.delete(undefined);
    expect([...counts].filter((each) => each !== 2 * count && each !== count)).toEqual([]);
    expect(idsOfMirror(mirror)).toEqual(kept);
  });

  it('lets no vector be built in the middle of a change, and has them all found', () => {
    const mirror = filled(900);
    const changed = recordsAt(2, 900);
    finish(mirror.apply([], [pageOf(changed)], PLACES_CERTAIN, ROOM));
    // Removed vectors stay in the queue until their turn comes.
    expect(mirror.backlog).toBeGreaterThanOrEqual(900);
    while (mirror.backlog > 0) mirror.buildNext();
    expect(momentsIn(finish(mirror.read({ ...searchFor([0, 0], 900), include: ['metadatas'] })))).toEqual([
      '"moment":2',
    ]);
  });
});
