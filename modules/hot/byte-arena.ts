/** A chunk is a quarter of what is there already: small arenas waste little, large ones grow seldom. */
const LEAST_CHUNK_BYTES = 64 * 1024;
const MOST_CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNKS_SHARE = 4;

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

  append(source: Uint8Array, start: number, end: number): Placed {
    const placed = this.reserve(end - start);
    placed.chunk.set(source.subarray(start, end), placed.start);
    return placed;
  }

  /** A place for so many bytes that the caller puts there. */
  reserve(length: number): Placed {
    if (this.used + length > this.tail.length) this.grow(length);
    const start = this.used;
    this.used += length;
    return { chunk: this.tail, start, end: this.used };
  }

  /** Bytes that appending strings of these lengths, in this order, would take from the system. */
  growth(lengths: Iterable<number>): number {
    let allocated = this.allocatedBytes;
    let room = this.tail.length - this.used;
    for (const length of lengths) {
      if (length > room) {
        room = Math.max(chunkBytes(allocated), length);
        allocated += room;
      }
      room -= length;
    }
    return allocated - this.allocatedBytes;
  }

  private grow(atLeast: number): void {
    this.tail = new Uint8Array(Math.max(chunkBytes(this.allocatedBytes), atLeast));
    this.used = 0;
    this.allocatedBytes += this.tail.length;
  }
}

function chunkBytes(allocatedBytes: number): number {
  const share = Math.ceil(allocatedBytes / CHUNKS_SHARE);
  return Math.min(MOST_CHUNK_BYTES, Math.max(LEAST_CHUNK_BYTES, share));
}
