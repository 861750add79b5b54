import { dot, type Dataset } from './dataset.js';

/** What an exact search over all records that match finds. */
export interface ExactAnswer {
  /** Of the nearest, nearest first. */
  readonly indexes: readonly number[];
  /** Records that match at all. */
  readonly matching: number;
}

/** Exact searches by cosine distance, the measure of recall. */
export class ExactSearch {
  private readonly similarities = new Map<Float32Array, Float32Array>();

  constructor(private readonly dataset: Dataset) {}

  nearest(vector: Float32Array, limit: number, matches: (index: number) => boolean): ExactAnswer {
    const similarities = this.similaritiesTo(vector);
    const found: number[] = [];
    let matching = 0;
    let least = -Infinity;
    for (let index = 0; index < similarities.length; index++) {
      const similarity = similarities[index] ?? 0;
      if (!matches(index)) continue;
      matching++;
      if (found.length === limit && similarity <= least) continue;
      let place = found.length;
      while (place > 0 && (similarities[found[place - 1] ?? 0] ?? 0) < similarity) place--;
      found.splice(place, 0, index);
      if (found.length > limit) found.pop();
      least = found.length === limit ? (similarities[found[limit - 1] ?? 0] ?? 0) : -Infinity;
    }
    return { indexes: found, matching };
  }

  /** Kept: every scenario asks about the same vectors. */
  private similaritiesTo(vector: Float32Array): Float32Array {
    const known = this.similarities.get(vector);
    if (known !== undefined) return known;
    const { dataset } = this;
    const scale = 1 / Math.sqrt(dot(vector, vector));
    const told = new Float32Array(dataset.count);
    for (let index = 0; index < told.length; index++)
      told[index] = dot(dataset.vector(index), vector) * scale;
    this.similarities.set(vector, told);
    return told;
  }
}
