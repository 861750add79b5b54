import { MAX_FLOAT32_TEXT_BYTES, writeFloat32 } from '../vector/float32-text.js';

const INITIAL_BYTES = 4 * 1024;
const COMMA = 0x2c;

/** Collects an answer's bytes in one growing buffer. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private length = 0;

  ascii(text: string): void {
    this.reserve(text.length);
    this.length += this.buffer.write(text, this.length, 'latin1');
  }

  bytes(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.buffer.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }

  /** A finite float32 as ChromaDB prints it. */
  float(value: number): void {
    this.reserve(MAX_FLOAT32_TEXT_BYTES);
    this.length = writeFloat32(this.buffer, this.length, value);
  }

  /** An array of finite float32. */
  floats(values: Float32Array): void {
    this.ascii('[');
    this.reserve(values.length * (MAX_FLOAT32_TEXT_BYTES + 1));
    for (let i = 0; i < values.length; i++) {
      if (i > 0) this.buffer[this.length++] = COMMA;
      this.length = writeFloat32(this.buffer, this.length, values[i] ?? 0);
    }
    this.ascii(']');
  }

  /** The bytes written, in memory of their own that can be handed to another thread. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer.buffer.slice(0, this.length));
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + more));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}
