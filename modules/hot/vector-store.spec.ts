import { describe, expect, it } from '@jest/globals';
import { VectorStore } from './vector-store.js';

describe('VectorStore', () => {
  it.each([1, 3, 4_096])('keeps each vector of %d floats where it is', (dimension) => {
    const store = new VectorStore(dimension);
    const vectors = Array.from({ length: 40 }, (_, n) => new Float32Array(dimension).fill(n));
    const views = vectors.map((vector) => store.append(vector));
    expect(views).toEqual(vectors);
    expect(store.bytes).toBeGreaterThanOrEqual(40 * dimension * 4);
  });

  it('takes memory in steps that double, and none at first', () => {
    const store = new VectorStore(1_024);
    expect(store.bytes).toBe(0);
    const sizes = Array.from({ length: 30 }, () => {
      store.append(new Float32Array(1_024));
      return store.bytes / 4_096;
    });
    expect([...new Set(sizes)]).toEqual([8, 24, 56]);
  });
});
