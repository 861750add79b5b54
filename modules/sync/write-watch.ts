import type { WriteScope } from './write-scope.js';

/** The writes of one collection that are under way, for whoever looks at ChromaDB and mirror meanwhile. */
export class WriteWatch {
  private readonly underWay = new Set<{ readonly scope: WriteScope }>();
  private readonly looks = new Set<Look>();

  /**
   * A write is sent.
   * @returns to be called when it has ended: ChromaDB refused it, or the mirror follows, or is not warm
   */
  sent(scope: WriteScope): () => void {
    const write = { scope };
    this.underWay.add(write);
    for (const look of this.looks) look.touch(scope);
    return () => void this.underWay.delete(write);
  }

  /** Begins a look, to be closed. */
  look(): Look {
    const look = new Look((closed) => this.looks.delete(closed));
    for (const { scope } of this.underWay) look.touch(scope);
    this.looks.add(look);
    return look;
  }
}

/**
 * A look at ChromaDB and at the mirror while writes go on. It begins before ChromaDB is asked and is closed
 * when it is known what the mirror holds; it knows every record that a write may have touched that was under
 * way, sent and not ended, at any moment between.
 *
 * All other records were the same in ChromaDB and mirror during the whole look, unless somebody wrote past
 * Tidegate: a write that ended before the look was in both when it began, as ChromaDB has applied what it
 * acknowledges, and a write has only ended when the mirror follows; a write that was sent after the look was
 * in neither. So only a difference of a record that was not touched is drift. A write in doubt ends too, and
 * ChromaDB may apply it after that: but then the collection is not warm any more, and no look at it counts.
 */
export class Look {
  private readonly ids = new Set<string>();
  private any = false;

  constructor(private readonly leave: (look: Look) => void) {}

  touch(scope: WriteScope): void {
    if (scope.kind === 'named') for (const id of scope.ids) this.ids.add(id);
    else this.any = true;
  }

  /** No write was under way. */
  get isQuiet(): boolean {
    return !this.any && this.ids.size === 0;
  }

  /** A write was under way that does not name its records: any may be touched. */
  get isBlind(): boolean {
    return this.any;
  }

  isTouched(id: string): boolean {
    return this.any || this.ids.has(id);
  }

  /** The records that are named by writes. */
  get touched(): Iterable<string> {
    return this.ids;
  }

  close(): void {
    this.leave(this);
  }
}
