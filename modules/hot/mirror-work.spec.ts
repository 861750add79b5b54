import { describe, expect, it, jest } from '@jest/globals';
import { finish } from './finish.js';
import { PLACES_CERTAIN } from './hot-protocol.js';
import { MirrorContents } from './mirror-contents.store.js';
import {
  type Answer,
  ROOM,
  idsOfMirror,
  listingOf,
  mirrorOf,
  pageOf,
  record,
  searchFor,
  searchForAll,
  take,
} from './mirror-model.fake.js';

describe('Mirror, read while work goes on', () => {
  it('pauses after each vector of a search, however many there are', () => {
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1])], gone: [] });
    const vectors = Array.from({ length: 500 }, () => [0]);
    const read = mirror.read({ ...searchForAll(vectors, 1), include: [] });
    let pauses = 0;
    while (!read.next().done) pauses++;
    expect(pauses).toBeGreaterThanOrEqual(500);
  });

  it.each(['order', 'retain'] as const)('pauses after each id of a listing: %s', (how) => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = Array.from({ length: 500 }, (_, n) => record(`r${n}`, [n]));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    const listed = puts.map(({ id }) => id).reverse();
    const work = mirror[how](listingOf(listed));
    let pauses = 0;
    for (; !work.next().done; pauses++) if (pauses === 900) finish(mirror.read(searchFor([0], 500)));
    expect(pauses).toBeGreaterThanOrEqual(1_000);
    expect(idsOfMirror(mirror)).toEqual(listed);
  });

  it.each(['order', 'retain'] as const)('keeps the %s of a listing where a compaction goes on', (how) => {
    const ids = Array.from({ length: 40 }, (_, n) => `r${n}`);
    const listed = [...ids].reverse();
    for (let ahead = 0; ahead < 120; ahead += 7) {
      const mirror = mirrorOf('l2', 1, 16);
      const puts = ids.map((id, n) => record(id, [n]));
      take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
      const compaction = mirror.compact();
      for (let step = 0; step < ahead; step++) compaction.next();
      const work = mirror[how](listingOf(listed));
      while (!work.next().done) compaction.next();
      finish(compaction);
      expect(idsOfMirror(mirror)).toEqual(listed);
    }
  });

  it('finds the nearest of all where a compaction ends between two vectors of a search', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = Array.from({ length: 40 }, (_, n) => record(`r${n}`, [n]));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    // The nearest are in the graph, and some that are farther away are not.
    for (let n = 0; n < 30; n++) mirror.buildNext();
    const compaction = mirror.compact();
    const vectors = Array.from({ length: 64 }, () => [0]);
    const read = mirror.read({ ...searchForAll(vectors, 3), include: [] });
    const filtered = mirror.read({
      ...searchForAll(vectors, 3),
      include: [],
      filter: { ids: puts.map(({ id }) => id), where: undefined },
    });
    const reads = [read, filtered];
    for (const each of reads) expect(each.next().done).toBe(false);
    finish(compaction);
    for (const each of reads) {
      const answer = JSON.parse(Buffer.from(finish(each)).toString()) as Answer;
      expect(new Set(answer.ids.map(String))).toEqual(new Set(['r0,r1,r2']));
    }
  });
});

describe('Mirror, compacted', () => {
  it('closes the gaps of removed records with no long step at the end', () => {
    const count = 6_000;
    const mirror = mirrorOf('l2', 1, 4);
    const puts = Array.from({ length: count }, (_, n) => record(`r${n}`, [n % 2]));
    const kept = puts.flatMap(({ id }, n) => (n % 3 === 0 ? [] : [id]));
    finish(mirror.apply([], [pageOf(puts)], PLACES_CERTAIN, ROOM));
    finish(mirror.retain(listingOf(kept)));
    const compaction = mirror.compact();
    compaction.next();
    finish(mirror.apply(['r1'], [pageOf([record('new', [3])])], PLACES_CERTAIN, ROOM));
    const stored = jest.spyOn(Map.prototype, 'set');
    do stored.mockClear();
    while (!compaction.next().done);
    const storedAtTheEnd = stored.mock.calls.length;
    stored.mockRestore();
    expect(storedAtTheEnd).toBeLessThan(10);
    expect(idsOfMirror(mirror)).toEqual([...kept.slice(1), 'new']);
  });
});

describe('Mirror, closed in the middle of a compaction', () => {
  it('gives the memory of both graphs back at once', () => {
    const released = jest.spyOn(MirrorContents.prototype, 'release');
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1]), record('b', [2])], gone: [] });
    const compaction = mirror.compact();
    compaction.next();
    mirror.close();
    const closed = new Error('closed');
    expect(() => compaction.throw(closed)).toThrow(closed);
    expect(new Set(released.mock.contexts).size).toBe(2);
    released.mockRestore();
  });
});
