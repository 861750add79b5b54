import { distance, norm, type Measured } from '../vector/distance.js';
import type { Space } from '../vector/read-request.js';
import { leastDistance } from './least-distance.js';

/** A record and its distance to a query. */
export interface Neighbour<T> {
  readonly record: T;
  readonly distance: number;
}

/** Keeps the nearest of the records that it is offered; of those at one distance the first come first. */
export class NearestList<T extends Measured> {
  readonly neighbours: Neighbour<T>[] = [];
  private readonly query: Measured;
  private bound = Number.POSITIVE_INFINITY;

  /** @param limit at most so many are kept; at least 1 */
  constructor(
    private readonly space: Space,
    vector: Float32Array,
    private readonly limit: number,
  ) {
    this.query = { vector, norm: norm(vector) };
  }

  /**
   * Measures the record: roughly, and exactly where it may be near enough.
   * @param isWanted asked only of a record that would be kept
   */
  offer(record: T, isWanted?: (record: T) => boolean): void {
    if (this.isTooFar(record) || isWanted?.(record) === false) return;
    this.add({ record, distance: Math.fround(distance(this.space, this.query, record)) });
  }

  /** Takes in a record that was measured already. */
  add(neighbour: Neighbour<T>): void {
    const { neighbours, limit } = this;
    if (neighbours.length === limit && !(neighbour.distance < this.bound)) return;
    neighbours.splice(this.placeOf(neighbour.distance), 0, neighbour);
    if (neighbours.length > limit) neighbours.pop();
    if (neighbours.length === limit) this.bound = neighbours.at(-1)?.distance ?? this.bound;
  }

  private isTooFar(record: T): boolean {
    if (this.neighbours.length < this.limit) return false;
    const least = leastDistance(this.space, this.query, record);
    return Number.isFinite(least) && least > this.bound;
  }

  private placeOf(measured: number): number {
    let [low, high] = [0, this.neighbours.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.neighbours[middle]?.distance ?? 0) <= measured) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
