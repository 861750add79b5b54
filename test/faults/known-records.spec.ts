import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../support/seeded-random.js';
import { KnownRecords } from './known-records.js';

const SEED = 7;
const known = new KnownRecords(new SeededRandom(SEED));

interface Batch {
  readonly ids: readonly string[];
  readonly embeddings: readonly (readonly number[])[];
  readonly documents: readonly string[];
  readonly metadatas: readonly { readonly color: string; readonly number: number }[];
}

const all = (known.batches() as readonly Batch[]).flatMap(({ ids, embeddings, documents, metadatas }) =>
  ids.map((id, place) => ({
    id,
    vector: embeddings[place] ?? [],
    document: documents[place],
    metadata: metadatas[place],
  })),
);
const vector = KnownRecords.vector(new SeededRandom(SEED + 1));

/** What ChromaDB would answer, worked out another way. */
function nearest(limit: number, keep: (each: (typeof all)[number]) => boolean = () => true) {
  const measured = all.filter(keep).map((each) => {
    const distance = each.vector.reduce((sum, value, place) => sum + (value - (vector[place] ?? 0)) ** 2, 0);
    return { ...each, distance };
  });
  const found = measured.sort((one, other) => one.distance - other.distance).slice(0, limit);
  return {
    ids: [found.map(({ id }) => id)],
    distances: [found.map(({ distance }) => distance)],
    documents: [found.map(({ document }) => document)],
  };
}

describe('known records', () => {
  it('know the right answer to a query, and every wrong one', () => {
    const right = nearest(5);
    expect(known.judgeNearest(right, vector, 5)).toBeUndefined();
    const next = nearest(6);
    const skipped = {
      ids: [next.ids[0]?.slice(1)],
      distances: [next.distances[0]?.slice(1)],
      documents: [next.documents[0]?.slice(1)],
    };
    expect(known.judgeNearest(skipped, vector, 5)).toMatch(/is not number 0 by distance/);
    expect(known.judgeNearest(nearest(4), vector, 5)).toBe('4 records, not 5');
    expect(known.judgeNearest({ ...right, ids: [['x', 'y', 'z', 'v', 'w']] }, vector, 5)).toBe(
      'unknown id x',
    );
    expect(known.judgeNearest({ ...right, documents: null }, vector, 5)).toMatch(/^another document/);
  });

  it('know what passes a filter', () => {
    const filter = { color: 'blue', from: 100 };
    const passing = nearest(5, ({ metadata }) => metadata?.color === 'blue' && metadata.number >= 100);
    expect(known.judgeNearest(passing, vector, 5, filter)).toBeUndefined();
    expect(known.judgeNearest(nearest(5), vector, 5, filter)).toMatch(/does not pass the filter/);
  });

  it('know the records of a get, in their order', () => {
    const found = all.filter(({ metadata }) => metadata?.color === 'red').slice(0, 3);
    const answer = {
      ids: found.map(({ id }) => id),
      documents: found.map(({ document }) => document),
      metadatas: found.map(({ metadata }) => metadata),
    };
    expect(known.judgeColor(answer, 'red', 3)).toBeUndefined();
    expect(known.judgeColor({ ...answer, ids: answer.ids.toReversed() }, 'red', 3)).toMatch(
      /^records other than/,
    );
    expect(known.judgeNumbers(answer, [10, 5, 0])).toBeUndefined();
  });
});
