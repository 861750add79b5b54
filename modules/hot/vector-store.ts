/** Chunks double from the first size to the last, so that small collections stay small. */
const FIRST_CHUNK_FLOATS = 8 * 1024;
const LAST_CHUNK_FLOATS = 1024 * 1024;

/** Vectors of one length, end to end in chunks outside the JavaScript heap. What is in it never moves. */
export class VectorStore {
  /** Bytes taken from the system. */
  bytes = 0;
  private tail = new Float32Array(0);
  private used = 0;
  private chunkFloats = FIRST_CHUNK_FLOATS;

  constructor(private readonly dimension: number) {}

  /** Takes in a vector. @returns a view of where it lies now */
  append(vector: Float32Array): Float32Array {
    if (this.used === this.tail.length) this.grow();
    const view = this.tail.subarray(this.used, this.used + this.dimension);
    view.set(vector);
    this.used += this.dimension;
    return view;
  }

  private grow(): void {
    const vectors = Math.max(1, Math.floor(this.chunkFloats / this.dimension));
    this.tail = new Float32Array(vectors * this.dimension);
    this.bytes += this.tail.byteLength;
    this.used = 0;
    this.chunkFloats = Math.min(LAST_CHUNK_FLOATS, this.chunkFloats * 2);
  }
}
