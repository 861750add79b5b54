import type { ByteArena, Placed } from './byte-arena.js';

/** Fields of a record as JSON text, anywhere. */
export interface RecordFields {
  readonly id: Placed;
  readonly document: Placed | undefined;
  readonly metadata: Placed | undefined;
  readonly uri: Placed | undefined;
}

/** Bytes of each text; JSON is never empty, so 0 is what an absent one has. */
export interface TextLengths {
  readonly id: number;
  readonly document: number;
  readonly metadata: number;
  readonly uri: number;
}

/**
 * The texts of a record, end to end: id, document, metadata, URI. Mirrors hold millions: each is told by a
 * few numbers here, and made an object when it is asked for.
 */
export class RecordTexts implements RecordFields {
  private readonly documentAt: number;
  private readonly metadataAt: number;
  private readonly uriAt: number;
  private readonly end: number;

  /** @param chunk must never change from `start` on, as far as the texts reach */
  constructor(
    private readonly chunk: Uint8Array,
    private readonly start: number,
    { id, document, metadata, uri }: TextLengths,
  ) {
    this.documentAt = start + id;
    this.metadataAt = this.documentAt + document;
    this.uriAt = this.metadataAt + metadata;
    this.end = this.uriAt + uri;
  }

  /** Copies the fields into the arena. */
  static copied(fields: RecordFields, arena: ByteArena): RecordTexts {
    const lengths = lengthsOf(fields);
    const { chunk, start } = arena.reserve(totalOf(lengths));
    let at = start;
    for (const text of [fields.id, fields.document, fields.metadata, fields.uri]) {
      if (text === undefined) continue;
      chunk.set(text.chunk.subarray(text.start, text.end), at);
      at += text.end - text.start;
    }
    return new RecordTexts(chunk, start, lengths);
  }

  get id(): Placed {
    return { chunk: this.chunk, start: this.start, end: this.documentAt };
  }

  get document(): Placed | undefined {
    return this.between(this.documentAt, this.metadataAt);
  }

  get metadata(): Placed | undefined {
    return this.between(this.metadataAt, this.uriAt);
  }

  get uri(): Placed | undefined {
    return this.between(this.uriAt, this.end);
  }

  /** Where all of them lie. */
  get all(): Placed {
    return { chunk: this.chunk, start: this.start, end: this.end };
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.end - this.start;
  }

  /** Bytes of all but the id. */
  get fieldBytes(): number {
    return this.end - this.documentAt;
  }

  private between(start: number, end: number): Placed | undefined {
    return start === end ? undefined : { chunk: this.chunk, start, end };
  }
}

export function lengthsOf({ id, document, metadata, uri }: RecordFields): TextLengths {
  return {
    id: lengthOf(id),
    document: lengthOf(document),
    metadata: lengthOf(metadata),
    uri: lengthOf(uri),
  };
}

export function totalOf({ id, document, metadata, uri }: TextLengths): number {
  return id + document + metadata + uri;
}

function lengthOf(text: Placed | undefined): number {
  return text ? text.end - text.start : 0;
}
