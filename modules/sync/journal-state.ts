import type { CollectionId } from '../vector/collection-id.js';
import type { JournalEntry } from './journal-entry.js';

/** Beyond, a snapshot is given up: reading so many records back is no faster than reading all. */
export const MAX_TOUCHED_RECORDS = 200_000;

/** Ids of records; null for any. */
type Touched = Set<string> | null;

type Sent = Extract<JournalEntry, { kind: 'sent' }>;

/** What the entries of a journal say: which writes are not known to have ended, and what they touched. */
export class JournalState {
  /** Whether the last process ended in order. */
  closed = false;
  /** The start of the system under which the journal was written. */
  boot: string | null = null;
  private readonly underWay = new Map<number, Sent>();
  /** When a write came in doubt, by collection; null for a call that may have changed any. */
  private readonly doubts = new Map<CollectionId | null, number>();
  /** By collection, then by mark: what was touched since. */
  private readonly marks = new Map<CollectionId, Map<string, Touched>>();

  /** Records what happened; a write's entry must come before the write. */
  apply(entry: JournalEntry): void {
    this.closed = entry.kind === 'closed';
    switch (entry.kind) {
      case 'opened':
        this.boot = entry.boot;
        break;
      case 'sent':
        this.underWay.set(entry.write, entry);
        this.touch(entry);
        break;
      case 'ended':
        this.end(entry.write, entry.doubtedAt);
        break;
      case 'doubted':
        this.doubts.set(entry.collection, entry.doubtedAt);
        break;
      case 'settled':
        this.doubts.delete(entry.collection);
        break;
      case 'marked':
        this.marksOf(entry.collection).set(entry.mark, bounded(new Set(), entry.ids));
        break;
      case 'kept':
        this.forgetMarks(entry.collection, (mark) => mark !== entry.mark);
        break;
      case 'unmarked':
        this.forgetMarks(entry.collection, (mark) => mark === entry.mark);
        break;
      case 'closed':
    }
  }

  /** Writes that have not ended never will: the process that sent them is gone. */
  endAll(nowMs: number): void {
    for (const write of [...this.underWay.keys()]) this.end(write, nowMs);
  }

  /**
   * When a write to the collection came in doubt (epoch ms); null asks for calls that may have changed any
   * collection. Undefined when none is in doubt.
   */
  doubtOf(collection: CollectionId | null): number | undefined {
    return this.doubts.get(collection);
  }

  /** Collections of which there may be a snapshot. */
  marked(): readonly CollectionId[] {
    return [...this.marks.keys()];
  }

  hasMarks(collection: CollectionId): boolean {
    return this.marks.has(collection);
  }

  /** No snapshot is used any more. */
  forgetAllMarks(): void {
    this.marks.clear();
  }

  /**
   * Ids that writes touched since the mark, or the oldest one there is; undefined when that is not known, or
   * they may be any.
   */
  touchedSince(collection: CollectionId, mark?: string): readonly string[] | undefined {
    const marks = this.marks.get(collection);
    const oldest = mark ?? marks?.keys().next().value;
    const touched = oldest === undefined ? undefined : marks?.get(oldest);
    return touched ? [...touched] : undefined;
  }

  /** Ids that the collection's writes under way may touch; null for any. */
  idsUnderWay(collection: CollectionId): readonly string[] | null {
    const ids: string[] = [];
    for (const write of this.underWay.values()) {
      if (write.collection !== null && write.collection !== collection) continue;
      if (write.ids === null) return null;
      ids.push(...write.ids);
    }
    return ids;
  }

  /** The fewest entries that say the same. */
  *entries(): Generator<JournalEntry> {
    yield { kind: 'opened', boot: this.boot };
    for (const [collection, doubtedAt] of this.doubts) yield { kind: 'doubted', collection, doubtedAt };
    yield* this.underWay.values();
    for (const [collection, marks] of this.marks) {
      for (const [mark, touched] of marks)
        yield { kind: 'marked', collection, mark, ids: touched && [...touched] };
    }
  }

  private end(write: number, doubtedAt: number | undefined): void {
    const sent = this.underWay.get(write);
    this.underWay.delete(write);
    if (sent === undefined || doubtedAt === undefined) return;
    if (!this.doubts.has(sent.collection)) this.doubts.set(sent.collection, doubtedAt);
  }

  private touch({ collection, ids }: Sent): void {
    const collections = collection === null ? [...this.marks.keys()] : [collection];
    for (const each of collections) {
      const marks = this.marks.get(each);
      for (const [mark, touched] of marks ?? []) marks?.set(mark, bounded(touched, ids));
    }
  }

  private forgetMarks(collection: CollectionId, isOver: (mark: string) => boolean): void {
    const marks = this.marksOf(collection);
    for (const mark of [...marks.keys()]) if (isOver(mark)) marks.delete(mark);
    if (marks.size === 0) this.marks.delete(collection);
  }

  private marksOf(collection: CollectionId): Map<string, Touched> {
    const marks = this.marks.get(collection) ?? new Map<string, Touched>();
    this.marks.set(collection, marks);
    return marks;
  }
}

function bounded(touched: Touched, ids: readonly string[] | null): Touched {
  if (touched === null || ids === null) return null;
  for (const id of ids) touched.add(id);
  return touched.size > MAX_TOUCHED_RECORDS ? null : touched;
}
