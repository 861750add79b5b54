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

  /** Bytes that so many more vectors would take. */
  growth(vectors: number): number {
    let missing = vectors - (this.tail.length - this.used) / this.dimension;
    let floats = 0;
    for (let chunk = this.chunkFloats; missing > 0; chunk = nextChunk(chunk)) {
      floats += this.floatsOf(chunk);
      missing -= this.floatsOf(chunk) / this.dimension;
    }
    return floats * Float32Array.BYTES_PER_ELEMENT;
  }

  private grow(): void {
    this.tail = new Float32Array(this.floatsOf(this.chunkFloats));
    this.bytes += this.tail.byteLength;
    this.used = 0;
    this.chunkFloats = nextChunk(this.chunkFloats);
  }

  /** Whole vectors only. */
  private floatsOf(chunkFloats: number): number {
    return Math.max(1, Math.floor(chunkFloats / this.dimension)) * this.dimension;
  }
}

function nextChunk(floats: number): number {
  return Math.min(LAST_CHUNK_FLOATS, floats * 2);
}
