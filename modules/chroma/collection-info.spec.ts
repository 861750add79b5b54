import { describe, expect, it } from '@jest/globals';
import { collectionInfo } from './collection-info.js';

const HNSW = {
  space: 'l2',
  ef_construction: 100,
  ef_search: 50,
  max_neighbors: 16,
  num_threads: 4,
  resize_factor: 1.2,
};

const described = (hnsw: unknown, dimension: number | null = 3) => ({
  id: 'any',
  name: 'any',
  dimension,
  configuration_json: { hnsw, spann: null, embedding_function: null },
});

describe('collectionInfo', () => {
  it.each(['l2', 'ip', 'cosine'])('reads the parameters of a collection in the space %s', (space) => {
    expect(collectionInfo(described({ ...HNSW, space }))).toEqual({
      space,
      dimension: 3,
      maxNeighbors: 16,
      efConstruction: 100,
      efSearch: 50,
      allowsAllFilters: true,
    });
  });

  it('knows a collection whose dimension is open yet', () => {
    const info = collectionInfo(described(HNSW, null));
    expect(info).toBeDefined();
    expect(info?.dimension).toBeUndefined();
  });

  it.each([
    null,
    undefined,
    { ...HNSW, space: 'l1' },
    { ...HNSW, space: undefined },
    { ...HNSW, max_neighbors: undefined },
    { ...HNSW, ef_search: undefined },
    { ...HNSW, ef_construction: undefined },
  ])('does not mirror a collection with the index %j', (hnsw) => {
    expect(collectionInfo(described(hnsw))).toBeUndefined();
  });
});
