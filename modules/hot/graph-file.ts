const HEADER_BYTES = 96;
const COUNT_OFFSET = 16;
const ELEMENT_BYTES_OFFSET = 24;
const LENGTH_BYTES = 4;

/**
 * Tells, while a graph's file is read, whether it is whole: hnswlib does not notice when it cannot write. Its
 * file has a header, elements of one size, and for each element the links of its upper levels, their length
 * before them (`saveIndex` in hnswlib's hnswalg.h).
 */
export class GraphFileCheck {
  private offset = 0;
  /** Where the next length stands, and how many there are from there on. */
  private next = HEADER_BYTES;
  private lengths = Number.POSITIVE_INFINITY;

  /** Takes the next piece of the file; all but the last are multiples of four bytes, as are all its parts. */
  push(piece: Buffer): void {
    if (this.offset === 0 && piece.length >= HEADER_BYTES) {
      this.lengths = Number(piece.readBigUInt64LE(COUNT_OFFSET));
      this.next += this.lengths * Number(piece.readBigUInt64LE(ELEMENT_BYTES_OFFSET));
    }
    const end = this.offset + piece.length;
    for (; this.lengths > 0 && this.next + LENGTH_BYTES <= end; this.lengths--) {
      this.next += LENGTH_BYTES + piece.readUInt32LE(this.next - this.offset);
    }
    this.offset = end;
  }

  /** Whether the pieces were all there is. */
  isWhole(): boolean {
    return this.lengths === 0 && this.next === this.offset;
  }
}
