import hnswlib from 'hnswlib-node';
import { firstCapacity, graphBytes } from './mirror-bytes.js';
import type { MirrorSpec } from './hot-protocol.js';

const SEED = 100;
const GROWTH = 1.5;

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
    this.capacity = firstCapacity(spec);
    this.index = new hnswlib.HierarchicalNSW(spec.space, spec.dimension);
    this.index.initIndex(this.capacity, spec.maxNeighbors, spec.efConstruction, SEED, false);
  }

  /** Bytes that hnswlib holds for the present capacity. */
  bytes(): number {
    return graphBytes(this.spec, this.capacity);
  }

  /** Bytes that so many more vectors would take. */
  growth(vectors: number): number {
    let { capacity } = this;
    while (this.count + vectors > capacity) capacity = grown(capacity);
    return graphBytes(this.spec, capacity) - this.bytes();
  }

  /** Adds a vector under a label that was never used before. */
  add(vector: Float32Array, label: number): void {
    if (this.count === this.capacity) {
      this.capacity = grown(this.capacity);
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

function grown(capacity: number): number {
  return Math.ceil(capacity * GROWTH);
}
