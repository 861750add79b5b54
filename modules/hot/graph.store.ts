import hnswlib from 'hnswlib-node';
import { firstCapacity, graphBytes } from './mirror-bytes.js';
import type { MirrorSpec } from './hot-protocol.js';

const SEED = 100;
const GROWTH = 1.25;

/** Labels of neighbours, nearest first, with their distances. */
export interface Neighbours {
  readonly labels: readonly number[];
  readonly distances: readonly number[];
}

/** The HNSW graph of one mirror: hnswlib-node, whose calls block and so belong into a worker. */
export class Graph {
  /** Vectors that are in it and not removed. */
  count = 0;
  private readonly index: hnswlib.HierarchicalNSW;
  /** hnswlib-node takes plain arrays only, and reads them at once. */
  private readonly point: number[];
  private capacity: number;
  private added = 0;
  private released = false;

  constructor(private readonly spec: MirrorSpec) {
    this.capacity = firstCapacity(spec);
    this.point = Array.from({ length: spec.dimension }, () => 0.5);
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
    while (this.added + vectors > capacity) capacity = grown(capacity);
    return graphBytes(this.spec, capacity) - this.bytes();
  }

  /** Adds a vector under a label that was never used before. */
  add(vector: Float32Array, label: number): void {
    if (this.added === this.capacity) {
      this.capacity = grown(this.capacity);
      this.index.resizeIndex(this.capacity);
    }
    this.index.addPoint(this.pointOf(vector), label);
    this.added++;
    this.count++;
  }

  remove(label: number): void {
    this.index.markDelete(label);
    this.count--;
  }

  /**
   * Gives the memory back at once, instead of when the JavaScript heap is next cleaned up. Nothing is left.
   */
  release(): void {
    this.index.initIndex(1);
    this.released = true;
  }

  /** The nearest vectors; undefined where not as many are found as there are, as it has fallen apart. */
  search(vector: Float32Array, limit: number): Neighbours | undefined {
    const wanted = Math.min(limit, this.count);
    if (wanted === 0) return { labels: [], distances: [] };
    if (this.released) return undefined;
    this.index.setEf(Math.max(this.spec.efSearch, wanted));
    const { neighbors, distances } = this.index.searchKnn(this.pointOf(vector), wanted);
    return neighbors.length < wanted ? undefined : { labels: neighbors, distances };
  }

  private pointOf(vector: Float32Array): number[] {
    const { point } = this;
    for (let i = 0; i < point.length; i++) point[i] = vector[i] ?? 0;
    return point;
  }
}

function grown(capacity: number): number {
  return Math.ceil(capacity * GROWTH);
}
