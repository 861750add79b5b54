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
  /** Vectors that are in it and not removed; who has read it from a file must tell. */
  count = 0;
  /** Ends when the graph is not being written: until then nothing can be added. */
  written: Promise<unknown> = Promise.resolve();
  /** Labels removed while it is being written; undefined when it is not. */
  private removedMeanwhile: number[] | undefined;
  /** hnswlib-node takes plain arrays only, and reads them at once. */
  private readonly point: number[];
  private capacity: number;
  private added: number;
  private released = false;

  private constructor(
    private readonly spec: MirrorSpec,
    private readonly index: hnswlib.HierarchicalNSW,
  ) {
    this.capacity = index.getMaxElements();
    this.added = index.getCurrentCount();
    this.point = Array.from({ length: spec.dimension }, () => 0.5);
  }

  static empty(spec: MirrorSpec): Graph {
    const index = new hnswlib.HierarchicalNSW(spec.space, spec.dimension);
    index.initIndex(firstCapacity(spec), spec.maxNeighbors, spec.efConstruction, SEED, false);
    return new Graph(spec, index);
  }

  /**
   * Reads a graph that `write` wrote. hnswlib checks nothing of it: the file's every byte must have been
   * checked before.
   * @param restored what `write` told
   */
  static async read(spec: MirrorSpec, path: string, restored: readonly number[]): Promise<Graph> {
    const index = new hnswlib.HierarchicalNSW(spec.space, spec.dimension);
    await index.readIndex(path);
    // What it reads of an empty graph has no room, and never gets any.
    if (index.getCurrentCount() === 0) return Graph.empty(spec);
    const graph = new Graph(spec, index);
    for (const label of restored) graph.restore(label);
    return graph;
  }

  get isBeingWritten(): boolean {
    return this.removedMeanwhile !== undefined;
  }

  /**
   * Writes the graph as it is now. Only one at a time.
   * @returns labels removed meanwhile: the file has them, marked as removed or not
   */
  write(path: string): Promise<readonly number[]> {
    const removed: number[] = [];
    this.removedMeanwhile = removed;
    const written = this.index
      .writeIndex(path)
      .finally(() => {
        this.removedMeanwhile = undefined;
        if (this.released) this.free();
      })
      .then(() => removed);
    this.written = written.catch(() => undefined);
    return written;
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
    this.removedMeanwhile?.push(label);
    this.count--;
  }

  /**
   * Gives the memory back as soon as the graph is not being written, instead of when the JavaScript heap is
   * next cleaned up. Nothing is left.
   */
  release(): void {
    this.released = true;
    if (!this.isBeingWritten) this.free();
  }

  /**
   * The nearest vectors; undefined where not as many are found as there are, as it has fallen apart.
   * @param effort how many times as far as the collection asks for it looks around
   */
  search(vector: Float32Array, limit: number, effort = 1): Neighbours | undefined {
    const wanted = Math.min(limit, this.count);
    if (wanted === 0) return { labels: [], distances: [] };
    if (this.released) return undefined;
    this.index.setEf(Math.max(effort * this.spec.efSearch, wanted));
    const { neighbors, distances } = this.index.searchKnn(this.pointOf(vector), wanted);
    return neighbors.length < wanted ? undefined : { labels: neighbors, distances };
  }

  private free(): void {
    this.index.initIndex(1);
  }

  /** Takes a removal back, if it got into the file. */
  private restore(label: number): void {
    try {
      this.index.unmarkDelete(label);
    } catch {
      // It was not removed yet when it was written.
    }
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
