import { ByteArena, type Placed } from './byte-arena.js';
import type { Candidates } from './candidates.js';
import { TextSignatures } from './text-signatures.js';

/** A NUL as JSON writes it: SQLite, which ChromaDB searches with, sees no text behind it. */
const ESCAPED_NUL = Buffer.from('\\u0000');
const BACKSLASH = 0x5c;

/** Documents as JSON strings, and which of them may hold a text. */
export class DocumentTexts {
  private readonly arena = new ByteArena();
  private readonly signatures = new TextSignatures();
  private hasNul = false;

  get signatureBytes(): number {
    return this.signatures.bytes;
  }

  get textBytes(): number {
    return this.arena.allocatedBytes;
  }

  /** Bytes that documents of these lengths would take, in slots below `size`. */
  growth(lengths: readonly number[], size: number): number {
    const signed = lengths.some((length) => length > 0);
    return this.arena.growth(lengths) + (signed ? this.signatures.growth(size) : 0);
  }

  add(slot: number, source: Uint8Array, start: number, end: number): Placed {
    const placed = this.arena.append(source, start, end);
    this.adopt(slot, placed);
    return placed;
  }

  /** Takes in a document without copying it. */
  adopt(slot: number, placed: Placed): void {
    if (bufferOf(placed).includes(ESCAPED_NUL)) this.hasNul = true;
    this.sign(slot, placed);
  }

  /** Makes a document that was added before findable under another slot. */
  sign(slot: number, { chunk, start, end }: Placed): void {
    this.signatures.add(slot, chunk, start, end);
  }

  /** @returns undefined when the documents cannot be searched as ChromaDB does */
  having(text: string, size: number): Candidates | undefined {
    if (this.hasNul) return undefined;
    const needle = Buffer.from(JSON.stringify(text).slice(1, -1));
    return {
      slots: this.signatures.candidates(size, needle),
      check: ({ document }) => document !== undefined && holds(document, needle, text),
    };
  }
}

function holds(document: Placed, needle: Buffer, text: string): boolean {
  const bytes = bufferOf(document);
  if (!bytes.includes(needle)) return false;
  // A match may begin inside an escape (the `n` of a line feed): where there are escapes, the text decides.
  return !bytes.includes(BACKSLASH) || (JSON.parse(bytes.toString()) as string).includes(text);
}

function bufferOf({ chunk, start, end }: Placed): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset + start, end - start);
}
