import type { Placed } from './byte-arena.js';
import type { Candidates } from './candidates.js';
import { TextSignatures } from './text-signatures.js';

/** A NUL as JSON writes it: SQLite, which ChromaDB searches with, sees no text behind it. */
const ESCAPED_NUL = Buffer.from('\\u0000');
const BACKSLASH = 0x5c;

/** Which documents, JSON strings all of them, may hold a text. */
export class DocumentTexts {
  private readonly signatures = new TextSignatures();
  private hasNul = false;

  /** Bytes taken from the system. */
  get bytes(): number {
    return this.signatures.bytes;
  }

  /** Bytes that documents in slots below `size` would take. */
  growth(size: number): number {
    return this.signatures.growth(size);
  }

  /** Makes a document findable under a slot. */
  add(slot: number, document: Placed): void {
    if (bufferOf(document).includes(ESCAPED_NUL)) this.hasNul = true;
    this.signatures.add(slot, document.chunk, document.start, document.end);
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
