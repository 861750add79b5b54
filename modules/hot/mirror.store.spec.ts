import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish } from './finish.js';
import { PLACES_CERTAIN } from './hot-protocol.js';
import {
  type Answer,
  type Model,
  ROOM,
  SPACES,
  expectInOrder,
  expectWhole,
  mirrorOf,
  pageOf,
  record,
  recordsOfMirror,
  runs,
  search,
  searchFor,
  searchForAll,
  take,
} from './mirror-model.fake.js';

describe('Mirror', () => {
  it('equals a plain map after any changes', () => {
    fc.assert(
      fc.property(runs, ({ space, dimension, steps, query }) => {
        // As many neighbours as elements, so that the graph cannot fall apart: here it is not under test.
        const mirror = mirrorOf(space, dimension, 200);
        const model: Model = new Map();
        for (const step of steps) {
          take(mirror, model, step);
          expect(mirror.usage().records).toBe(model.size);
          expectWhole(search(mirror, query, model.size + 3), model, space, query);
          expectInOrder(recordsOfMirror(mirror), [...model.values()]);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('gives whole answers with the neighbours that ChromaDB sets, also where its graph falls apart', () => {
    fc.assert(
      fc.property(runs, ({ space, dimension, steps, query }) => {
        const mirror = mirrorOf(space, dimension, 16);
        const model: Model = new Map();
        for (const step of steps) {
          take(mirror, model, step);
          expectWhole(search(mirror, query, 60), model, space, query);
        }
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  it.each(SPACES)('finds the nearest first in the space %s', (space) => {
    const mirror = mirrorOf(space, 2, 16);
    const model: Model = new Map();
    const puts = [record('far', [-1, 0]), record('near', [1, 0.1]), record('middle', [0.5, 1])];
    take(mirror, model, { kind: 'apply', puts, gone: [] });
    const answer = JSON.parse(search(mirror, [1, 0], 2)) as Answer;
    expect(answer.ids).toEqual([['near', 'middle']]);
  });

  it('answers several vectors, each with its own list', () => {
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [0]), record('b', [1])], gone: [] });
    const request = searchForAll([[0.9], [0.2]], 1);
    const answer = JSON.parse(Buffer.from(finish(mirror.read(request))).toString()) as Answer;
    expect(answer.ids).toEqual([['b'], ['a']]);
  });

  it('answers with empty lists when it is empty, and when nothing is wanted', () => {
    const mirror = mirrorOf('l2', 1, 16);
    expect(JSON.parse(search(mirror, [1], 5))).toMatchObject({ ids: [[]], distances: [[]] });
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [0])], gone: [] });
    expect(JSON.parse(search(mirror, [1], 0))).toMatchObject({ ids: [[]], embeddings: [[]] });
  });

  it('gives no answer without a finite distance', () => {
    const mirror = mirrorOf('l2', 1, 16);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [3e38])], gone: [] });
    expect(finish(mirror.read(searchFor([-3e38], 1)))).toBe('incomplete');
  });

  it('refuses a page of another dimension and keeps what it had', () => {
    const mirror = mirrorOf('l2', 2, 16);
    const model: Model = new Map();
    take(mirror, model, { kind: 'apply', puts: [record('a', [1, 1])], gone: [] });
    expect(() => {
      finish(mirror.apply(['a', 'b'], [pageOf([record('b', [1])])], PLACES_CERTAIN, ROOM));
    }).toThrow(RangeError);
    expectWhole(search(mirror, [0, 0], 9), model, 'l2', [0, 0]);
  });

  it('grows beyond its first capacity', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const model: Model = new Map();
    const puts = Array.from({ length: 1_500 }, (_, n) => record(`r${n}`, [n / 1024]));
    take(mirror, model, { kind: 'apply', puts, gone: [] });
    expectWhole(search(mirror, [0], 2_000), model, 'l2', [0]);
  });

  it('counts as worn when it holds far more removed elements than records', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const change = (value: number) => {
      finish(mirror.apply(['a'], [pageOf([record('a', [value])])], PLACES_CERTAIN, ROOM));
    };
    for (let n = 0; n <= 1_001; n++) change(n / 1024);
    expect(mirror.usage()).toMatchObject({ records: 1, worn: false });
    change(2);
    expect(mirror.usage()).toMatchObject({ records: 1, worn: true });
    const { bytes } = mirror.usage();
    finish(mirror.compact());
    expect(mirror.usage()).toMatchObject({ records: 1, worn: false });
    expect(mirror.usage().bytes).toBeLessThan(bytes);
  });

  it('does not wear when fields change and vectors stay', () => {
    const mirror = mirrorOf('l2', 1, 16);
    const model: Model = new Map();
    for (let n = 0; n < 1_100; n++) {
      take(mirror, model, { kind: 'apply', puts: [record('a', [1], `{"n":${n}}`)], gone: [] });
    }
    expect(mirror.usage().worn).toBe(false);
    expectWhole(search(mirror, [1], 1), model, 'l2', [1]);
  });
});
