import { ByteArena, type Placed } from './byte-arena.js';

/** A NUL as JSON writes it: SQLite, which ChromaDB searches with, sees no text behind it. */
const ESCAPED_NUL = Buffer.from('\\u0000');
const BACKSLASH = 0x5c;

interface Entry<Owner> {
  readonly owner: Owner;
  readonly placed: Placed;
  /** A match in its bytes need not be one in its text. */
  readonly escapes: boolean;
}

/**
 * Documents as JSON strings, one after the other, so that a text is looked for with one native search a chunk
 * instead of one a document. A quote inside a document is escaped, so no match crosses its ends.
 */
export class DocumentTexts<Owner> {
  private readonly arena = new ByteArena();
  /** Documents of each chunk in the order of their bytes. */
  private readonly chunks = new Map<Uint8Array, Entry<Owner>[]>();
  private hasNul = false;

  get bytes(): number {
    return this.arena.allocatedBytes;
  }

  /** Bytes that documents of these lengths would take. */
  growth(lengths: Iterable<number>): number {
    return this.arena.growth(lengths);
  }

  add(owner: Owner, source: Uint8Array, start: number, end: number): Placed {
    const placed = this.arena.append(source, start, end);
    const bytes = bufferOf(source, start, end);
    const entry = { owner, placed, escapes: bytes.includes(BACKSLASH) };
    const entries = this.chunks.get(placed.chunk);
    if (entries) entries.push(entry);
    else this.chunks.set(placed.chunk, [entry]);
    if (entry.escapes && bytes.includes(ESCAPED_NUL)) this.hasNul = true;
    return placed;
  }

  /**
   * Calls `visit` for each document, also replaced and removed ones, that contains the text.
   * @returns false when the documents cannot be searched as ChromaDB does
   */
  find(text: string, visit: (owner: Owner, placed: Placed) => void): boolean {
    if (this.hasNul) return false;
    const needle = Buffer.from(JSON.stringify(text).slice(1, -1));
    for (const [chunk, entries] of this.chunks) findInChunk(chunk, entries, needle, text, visit);
    return true;
  }
}

function findInChunk<Owner>(
  chunk: Uint8Array,
  entries: readonly Entry<Owner>[],
  needle: Buffer,
  text: string,
  visit: (owner: Owner, placed: Placed) => void,
): void {
  const bytes = bufferOf(chunk, 0, chunk.length);
  let index = 0;
  let from = 0;
  for (;;) {
    const hit = needle.length === 0 ? from : bytes.indexOf(needle, from);
    if (hit < 0) return;
    while (index < entries.length && (entries[index]?.placed.end ?? 0) <= hit) index++;
    const entry = entries[index];
    if (entry === undefined) return;
    if (!entry.escapes || isInText(bytes, entry.placed, text)) visit(entry.owner, entry.placed);
    from = entry.placed.end;
  }
}

/** A match may begin inside an escape (the `n` of a line feed): where there are escapes, the text decides. */
function isInText(bytes: Buffer, { start, end }: Placed, text: string): boolean {
  return (JSON.parse(bytes.toString('utf8', start, end)) as string).includes(text);
}

function bufferOf(bytes: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}
