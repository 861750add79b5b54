/** Chunks double from the first size to the last, so that small collections stay small. */
const FIRST_CHUNK_BYTES = 16 * 1024;
const LAST_CHUNK_BYTES = 4 * 1024 * 1024;

/** Where bytes lie in an arena. */
export interface Placed {
  readonly chunk: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Append-only storage for many small byte strings, outside the JavaScript heap. */
export class ByteArena {
  /** Bytes taken from the system. */
  allocatedBytes = 0;
  private tail = new Uint8Array(0);
  private used = 0;
  private chunkBytes = FIRST_CHUNK_BYTES;

  append(source: Uint8Array, start: number, end: number): Placed {
    const length = end - start;
    if (this.used + length > this.tail.length) this.grow(length);
    const placed = { chunk: this.tail, start: this.used, end: this.used + length };
    this.tail.set(source.subarray(start, end), this.used);
    this.used = placed.end;
    return placed;
  }

  private grow(atLeast: number): void {
    this.tail = new Uint8Array(Math.max(this.chunkBytes, atLeast));
    this.used = 0;
    this.chunkBytes = Math.min(LAST_CHUNK_BYTES, this.chunkBytes * 2);
    this.allocatedBytes += this.tail.length;
  }
}
