import hnswlib from 'hnswlib-node';
import type { MirrorSpec } from './hot-protocol.js';

const SEED = 100;
const GROWTH = 1.5;
const LEAST_CAPACITY = 1_024;
/**
 * Link lists and bookkeeping of one element, as hnswlib lays them out: 2·M links of 4 bytes on the base
 * level.
 */
const linkBytes = (maxNeighbors: number) => maxNeighbors * 2 * 4 + 32;

/** Labels of neighbours, nearest first, with their distances. */
export interface Neighbours {
  readonly labels: readonly number[];
  readonly distances: readonly number[];
}

/** The HNSW graph of one mirror: hnswlib-node, whose calls block and so belong into a worker. */
export class Graph {
  private readonly index: hnswlib.HierarchicalNSW;
  private capacity: number;
  private count = 0;

  constructor(private readonly spec: MirrorSpec) {
    this.capacity = Math.max(LEAST_CAPACITY, spec.capacity);
    this.index = new hnswlib.HierarchicalNSW(spec.space, spec.dimension);
    this.index.initIndex(this.capacity, spec.maxNeighbors, spec.efConstruction, SEED, false);
  }

  /** Bytes that hnswlib holds for the present capacity. */
  bytes(): number {
    return this.capacity * (this.spec.dimension * 4 + linkBytes(this.spec.maxNeighbors));
  }

  /** Adds a vector under a label that was never used before. */
  add(vector: Float32Array, label: number): void {
    if (this.count === this.capacity) {
      this.capacity = Math.ceil(this.capacity * GROWTH);
      this.index.resizeIndex(this.capacity);
    }
    this.index.addPoint(Array.from(vector), label);
    this.count++;
  }

  remove(label: number): void {
    this.index.markDelete(label);
  }

  /** @param limit at most the number of vectors that are not removed, and at least 1 */
  search(vector: Float32Array, limit: number): Neighbours {
    this.index.setEf(Math.max(this.spec.efSearch, limit));
    const { neighbors, distances } = this.index.searchKnn(Array.from(vector), limit);
    return { labels: neighbors, distances };
  }
}
