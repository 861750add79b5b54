import { SeededRandom } from '../support/seeded-random.js';

export const DIMENSION = 768;
const CLUSTERS = 200;
/** Real embeddings lie near a surface of few dimensions, which is what graphs of neighbours live on. */
const INTRINSIC_DIMENSION = 24;
const SPREAD_IN_CLUSTER = 0.5;
const NOISE = 0.01;

const WORDS_PER_DOCUMENT = 22;
const COMMON_WORDS = 2_000;
/** All ids are equally long, so that one can be written over another. */
export const ID_DIGITS = 7;

export interface RecordMetadata {
  /** 0 to 999: one value is 0.1 % of the records. */
  readonly bucket: number;
  /** One of 100: 1 %. */
  readonly topic: string;
  /** One of 10: 10 %. */
  readonly language: string;
  /** One of 2: 50 %. */
  readonly access: string;
}

/** Vectors of unit length on a curved surface of few dimensions, in clusters; the same for the same seed. */
export class VectorSource {
  private readonly random: SeededRandom;
  private readonly directions: Float32Array;
  private readonly centres: Float32Array;

  constructor(seed: number, stream: number) {
    const shared = new SeededRandom(seed);
    this.directions = gaussians(shared, INTRINSIC_DIMENSION * DIMENSION);
    this.centres = gaussians(shared, CLUSTERS * INTRINSIC_DIMENSION);
    this.random = new SeededRandom(seed + 7_919 * (stream + 1));
  }

  /** Writes the next vector. */
  writeNext(into: Float32Array): void {
    const { random, directions, centres } = this;
    into.fill(0);
    const centre = random.below(CLUSTERS) * INTRINSIC_DIMENSION;
    for (let axis = 0; axis < INTRINSIC_DIMENSION; axis++) {
      const amount = (centres[centre + axis] ?? 0) + SPREAD_IN_CLUSTER * gaussian(random);
      const row = directions.subarray(axis * DIMENSION, (axis + 1) * DIMENSION);
      for (let index = 0; index < DIMENSION; index++)
        into[index] = (into[index] ?? 0) + amount * (row[index] ?? 0);
    }
    const scale = 1 / Math.sqrt(dot(into, into));
    const noise = NOISE * Math.sqrt(12 / DIMENSION);
    for (let index = 0; index < DIMENSION; index++) {
      into[index] = (into[index] ?? 0) * scale + noise * (random.next() - 0.5);
    }
    const length = 1 / Math.sqrt(dot(into, into));
    for (let index = 0; index < DIMENSION; index++) into[index] = (into[index] ?? 0) * length;
  }

  next(): Float32Array {
    const vector = new Float32Array(DIMENSION);
    this.writeNext(vector);
    return vector;
  }
}

/** Everything of a collection: record `index` has the id `r` and seven digits. */
export class Dataset {
  private readonly vectors: Float32Array;
  private readonly order: Uint32Array;

  constructor(
    readonly seed: number,
    readonly count: number,
  ) {
    const source = new VectorSource(seed, 0);
    this.vectors = new Float32Array(count * DIMENSION);
    for (let index = 0; index < count; index++) source.writeNext(this.vector(index));
    this.order = shuffled(count, new SeededRandom(seed + 1));
  }

  vector(index: number): Float32Array {
    return this.vectors.subarray(index * DIMENSION, (index + 1) * DIMENSION);
  }

  /** Each value of each field comes equally often, and tells nothing of the vector. */
  metadata(index: number): RecordMetadata {
    const place = this.order[index] ?? 0;
    return {
      bucket: place % 1_000,
      topic: `t${place % 100}`,
      language: `l${place % 10}`,
      access: place % 2 === 0 ? 'open' : 'closed',
    };
  }

  /** 22 words, of which one is in one document of a hundred. */
  document(index: number): string {
    const random = new SeededRandom(this.seed + 31 * index);
    const words = Array.from({ length: WORDS_PER_DOCUMENT - 1 }, () => `word${random.below(COMMON_WORDS)}`);
    words.splice(random.below(words.length), 0, subjectWord(this.subject(index)));
    return words.join(' ');
  }

  /** 0 to 99; no field tells it. */
  subject(index: number): number {
    return (37 * index) % 100;
  }
}

export function subjectWord(subject: number): string {
  return `subject${String(subject).padStart(2, '0')}`;
}

export function idOf(index: number): string {
  return `r${String(index).padStart(ID_DIGITS, '0')}`;
}

/** The scalar product; four sums, so that the processor need not wait for one. */
export function dot(one: Float32Array, other: Float32Array): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let index = 0; index < one.length; index += 4) {
    first += (one[index] ?? 0) * (other[index] ?? 0);
    second += (one[index + 1] ?? 0) * (other[index + 1] ?? 0);
    third += (one[index + 2] ?? 0) * (other[index + 2] ?? 0);
    fourth += (one[index + 3] ?? 0) * (other[index + 3] ?? 0);
  }
  return first + second + third + fourth;
}

function gaussians(random: SeededRandom, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => gaussian(random));
}

/** By Box and Muller. */
function gaussian(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function shuffled(count: number, random: SeededRandom): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = random.below(index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  return order;
}
