import { describe, expect, it } from '@jest/globals';
import { finish } from './finish.js';
import {
  type Model,
  ROOM,
  expectInOrder,
  idsOfMirror,
  listingOf,
  mirrorOf,
  pageOf,
  record,
  recordsOfMirror,
  searchForAll,
  take,
} from './mirror-model.fake.js';

describe('Mirror, records in insertion order', () => {
  const filled = () => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = ['a', 'b', 'c', 'd'].map((id, n) => record(id, [n], `{"n":${n % 2}}`));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    return { mirror, puts };
  };
  const where = {
    kind: 'comparison',
    key: 'n',
    operator: '$eq',
    operand: { type: 'int', value: 1 },
  } as const;

  it('pages, and picks by id and by filter', () => {
    const { mirror, puts } = filled();
    expectInOrder(recordsOfMirror(mirror, { offset: 1, limit: 2 }), puts.slice(1, 3));
    expectInOrder(recordsOfMirror(mirror, { offset: 9 }), []);
    const ids = ['d', 'zz', 'a', 'd'];
    expectInOrder(
      recordsOfMirror(mirror, { filter: { ids, where: undefined } }),
      puts.filter(({ id }) => ids.includes(id)),
    );
    expectInOrder(recordsOfMirror(mirror, { filter: { ids: undefined, where }, offset: 1 }), puts.slice(3));
    expectInOrder(recordsOfMirror(mirror, { filter: { ids, where } }), puts.slice(3));
  });

  it('keeps the place of a record that changes, and puts one that comes back at the end', () => {
    const { mirror } = filled();
    const model: Model = new Map();
    take(mirror, model, { kind: 'apply', puts: [record('b', [9])], gone: [] });
    expect(idsOfMirror(mirror)).toEqual(['a', 'b', 'c', 'd']);
    take(mirror, model, { kind: 'apply', puts: [], gone: ['b'] });
    take(mirror, model, { kind: 'apply', puts: [record('b', [9])], gone: [] });
    expect(idsOfMirror(mirror)).toEqual(['a', 'c', 'd', 'b']);
  });

  it.each(['order', 'retain'] as const)(
    'reads none while the place of a new record is open until %s',
    (how) => {
      const { mirror } = filled();
      const page = pageOf([record('a', [7]), record('e', [5])]);
      const hints = { uncertain: true, more: false };
      const steps = mirror.apply(['e', 'a'], [page], hints, ROOM);
      steps.next();
      expect(idsOfMirror(mirror)).toEqual(['a', 'b', 'c', 'd']);
      expect(finish(steps)).toEqual({ inserted: 1 });
      expect(idsOfMirror(mirror)).toBeUndefined();
      finish(mirror[how](listingOf(['a', 'b', 'c', 'e', 'd'])));
      expect(idsOfMirror(mirror)).toEqual(['a', 'b', 'c', 'e', 'd']);
    },
  );

  it('reads none where the place of a new record comes open while the reading pauses', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const puts = Array.from({ length: 1_030 }, (_, n) => record(`r${n}`, [n]));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    const read = mirror.read({ kind: 'records', offset: 0, limit: undefined, include: [] });
    expect(read.next().done).toBe(false);
    finish(mirror.apply(['new'], [pageOf([record('new', [5])])], { uncertain: true, more: false }, ROOM));
    expect(finish(read)).toBe('incomplete');
  });

  it('leaves answers to ChromaDB that are too large', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const document = JSON.stringify('x'.repeat(1024 * 1024));
    const puts = Array.from({ length: 17 }, (_, n) => ({ ...record(`r${n}`, [n]), document }));
    take(mirror, new Map(), { kind: 'apply', puts, gone: [] });
    expect(recordsOfMirror(mirror)).toBeUndefined();
    expectInOrder(recordsOfMirror(mirror, { limit: 2 }), puts.slice(0, 2));
  });

  it('leaves a search to ChromaDB whose answer would be too large', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const document = JSON.stringify('x'.repeat(1024 * 1024));
    take(mirror, new Map(), { kind: 'apply', puts: [{ ...record('a', [1]), document }], gone: [] });
    const some = searchForAll([[1], [1]], 1);
    expect(finish(mirror.read(some))).toBeInstanceOf(Uint8Array);
    const vectors = Array.from({ length: 17 }, () => [1]);
    const many = searchForAll(vectors, 1);
    expect(finish(mirror.read(many))).toBe('incomplete');
    expect(finish(mirror.read({ ...many, include: ['distances'] }))).toBeInstanceOf(Uint8Array);
  });

  it('leaves ranked searches to ChromaDB whose answer would be too large', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const document = JSON.stringify('x'.repeat(1024 * 1024));
    take(mirror, new Map(), { kind: 'apply', puts: [{ ...record('a', [1]), document }], gone: [] });
    const ranked = (count: number, documents: boolean) => {
      const select = { documents, embeddings: false, metadata: false, scores: true, fields: [] };
      const absent = { filter: undefined, rank: undefined, groupBy: undefined, limit: undefined };
      const searches = Array.from({ length: count }, () => ({ ...absent, offset: 0, select }));
      return finish(mirror.read({ kind: 'ranked', dimension: undefined, searches }));
    };
    expect(ranked(2, true)).toBeInstanceOf(Uint8Array);
    expect(ranked(17, true)).toBe('incomplete');
    expect(ranked(17, false)).toBeInstanceOf(Uint8Array);
  });

  it('leaves a filter to ChromaDB that it cannot evaluate', () => {
    const { mirror } = filled();
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1], '{"n":9007199254740993}')], gone: [] });
    expect(recordsOfMirror(mirror, { filter: { ids: undefined, where } })).toBeUndefined();
  });
});
