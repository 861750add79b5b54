import { readdir, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish } from './finish.js';
import { PLACES_CERTAIN } from './hot-protocol.js';
import {
  type Model,
  ROOM,
  expectInOrder,
  expectWhole,
  idsOfMirror,
  listingOf,
  mirrorOf,
  pageOf,
  record,
  recordsOfMirror,
  runs,
  search,
  specOf,
  take,
} from './mirror-model.fake.js';
import { loadFrom, saveAnd, temporaryFolder } from './snapshot-model.fake.js';
import type { Mirror } from './mirror.store.js';

const NEIGHBORS = 200;

let folder = '';

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(() => rm(folder, { recursive: true }));

const nothing = () => undefined;

function filtered(mirror: Mirror): unknown[] {
  const operands = [
    { type: 'int', value: 1 },
    { type: 'string', value: 'é' },
  ] as const;
  const keys = ['n', 's'] as const;
  const comparisons = operands.flatMap((operand) =>
    keys.map((key) => ({ kind: 'comparison', key, operator: '$eq', operand }) as const),
  );
  const documents = ['plain', 'é'].map((text) => ({ kind: 'document', negated: false, text }) as const);
  return [...comparisons, ...documents].map((where) =>
    recordsOfMirror(mirror, { filter: { ids: undefined, where } }),
  );
}

describe('a snapshot', () => {
  it('is the mirror as it was when it began, whatever changes meanwhile; and changes on', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ space, dimension, steps, later, query }) => {
        const mirror = mirrorOf(space, dimension, NEIGHBORS);
        const model: Model = new Map();
        for (const step of steps) take(mirror, model, step);
        const saved: Model = new Map(model);
        const { records } = mirror.usage();
        const answers = filtered(mirror);
        await saveAnd(mirror, folder, () => {
          for (const step of later) take(mirror, model, step);
          expectWhole(search(mirror, query, model.size + 3), model, space, query);
        });
        expectInOrder(recordsOfMirror(mirror), [...model.values()]);

        const loaded = await loadFrom(folder, specOf(space, dimension, NEIGHBORS));
        expect(loaded.usage().records).toBe(records);
        expectWhole(search(loaded, query, saved.size + 3), saved, space, query);
        expectInOrder(recordsOfMirror(loaded), [...saved.values()]);
        expect(filtered(loaded)).toEqual(answers);
        for (const step of later) {
          take(loaded, saved, step);
          expectWhole(search(loaded, query, saved.size + 3), saved, space, query);
          expectInOrder(recordsOfMirror(loaded), [...saved.values()]);
        }
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('is one of a snapshot as well as of what it was made of', async () => {
    await fc.assert(
      fc.asyncProperty(runs, async ({ space, dimension, steps, later, query }) => {
        let mirror = mirrorOf(space, dimension, NEIGHBORS);
        const model: Model = new Map();
        for (const step of [...steps, ...later]) {
          take(mirror, model, step);
          await saveAnd(mirror, folder, nothing);
          mirror = await loadFrom(folder, specOf(space, dimension, NEIGHBORS));
        }
        expectWhole(search(mirror, query, model.size + 3), model, space, query);
        expectInOrder(recordsOfMirror(mirror), [...model.values()]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });

  it('knows that places are open', async () => {
    const mirror = mirrorOf('l2', 1, 16);
    const page = pageOf([record('a', [1]), record('b', [2])]);
    finish(mirror.apply(['a', 'b'], [page], { uncertain: true, more: false }, ROOM));
    await saveAnd(mirror, folder, nothing);
    const loaded = await loadFrom(folder, specOf('l2', 1, 16));
    expect(idsOfMirror(loaded)).toBeUndefined();
    finish(loaded.retain(listingOf(['b', 'a'])));
    expect(idsOfMirror(loaded)).toEqual(['b', 'a']);
  });

  it('takes the place of the one before, and leaves nothing of it', async () => {
    const mirror = mirrorOf('l2', 1, 16);
    await saveAnd(mirror, folder, nothing);
    const before = await readdir(folder);
    take(mirror, new Map(), { kind: 'apply', puts: [record('a', [1])], gone: [] });
    await saveAnd(mirror, folder, nothing);
    const after = await readdir(folder);
    expect(after).toHaveLength(3);
    expect(after.filter((name) => before.includes(name))).toEqual(['manifest.json']);
    expect(idsOfMirror(await loadFrom(folder, specOf('l2', 1, 16)))).toEqual(['a']);
  });

  it.each([
    ['space', { space: 'cosine' }],
    ['dimension', { dimension: 3 }],
    ['neighbours', { maxNeighbors: 17 }],
    ['effort', { efConstruction: 100 }],
  ] as const)('is refused by a mirror of another %s', async (_, other) => {
    await saveAnd(mirrorOf('l2', 2, 16), folder, nothing);
    await expect(loadFrom(folder, { ...specOf('l2', 2, 16), ...other })).rejects.toMatchObject({
      code: 'snapshot-refused',
    });
  });

  it('holds blocks of records, removed ones among them, and texts of any length', async () => {
    const mirror = mirrorOf('l2', 3, 16);
    const model: Model = new Map();
    const puts = Array.from({ length: 4_000 }, (_, n) => ({
      ...record(`r${n}`, [n, 1, 0], `{"n":${n}}`),
      document: JSON.stringify('é'.repeat(n % 97 === 0 ? 40_000 : n % 7)),
    }));
    take(mirror, model, { kind: 'apply', puts, gone: [] });
    // Gaps longer than what arrays leave room for.
    take(mirror, model, { kind: 'apply', puts: [], gone: puts.slice(100, 3_500).map(({ id }) => id) });
    await saveAnd(mirror, folder, nothing);
    const loaded = await loadFrom(folder, specOf('l2', 3, 16));
    expectInOrder(recordsOfMirror(loaded), [...model.values()]);
    const sized = finish(loaded.apply([], [pageOf([])], PLACES_CERTAIN, ROOM));
    expect(sized).toEqual({ inserted: 0 });
  });
});
