import { finish } from './finish.js';
import { IncomingRecords, recordsOfPage, type WrittenRecords } from './incoming-records.js';
import type {
  ChangeHints,
  ListedPlaces,
  MirrorSpec,
  MirrorUsage,
  NoAnswer,
  Placement,
  RecordDrift,
  WorkerRead,
} from './hot-protocol.js';
import { compareRecords, placesOf, type ReadRecord } from './mirror-comparison.js';
import { MirrorContents, type ContentsMoment } from './mirror-contents.store.js';
import { readMirror } from './mirror-reads.js';
import { readListing } from './record-page.js';
import type { RecordFields } from './record-texts.js';

/**
 * Vectors that may wait for the graph: each search measures them, half a microsecond each at 768 floats. What
 * eight writers bring at a time, as ChromaDB acknowledges such batches together, finds room.
 */
export const MAX_BACKLOG = 8_192;
/** The same while a mirror is filled, so that its first searches are fast. */
const FILLING_BACKLOG = 1_024;
/** Records that are changed in one step, 10 µs each at 768 floats; beyond, ChromaDB is read meanwhile. */
const MAX_AT_ONCE = 1_024;
/** Times a read is tried during which nothing may change; the last goes without pauses. */
const ATTEMPTS = 3;

/** A mirror as it was at one moment. */
export interface MirrorMoment extends ContentsMoment {
  readonly spec: MirrorSpec;
  readonly inOrder: boolean;
  readonly usage: MirrorUsage;
}

/**
 * The in-memory copy of one collection. Lives in a worker: its work is done in steps, so that one does not
 * wait for the other.
 */
export class Mirror {
  /** Ids that changed since a compaction began; undefined while there is none. */
  private changed: Set<string> | undefined;
  /** Whether no change is there by half. */
  private isWhole = true;
  /** Whether a change is under way that holds on to the present contents. */
  private changing = false;
  /** Counts what reads could see the half of. */
  private changes = 0;
  private readonly incoming: IncomingRecords;

  /** @param inOrder whether every record stands where ChromaDB has it */
  constructor(
    private readonly spec: MirrorSpec,
    private contents = new MirrorContents(spec),
    private inOrder = true,
  ) {
    this.incoming = new IncomingRecords(spec);
  }

  usage(): MirrorUsage {
    const { records, bytes } = this.contents;
    const fieldBytes = records.fieldBytesInUse;
    return { records: records.count, bytes, fieldBytes, worn: records.worn };
  }

  /** Gives memory back. The mirror must not be used after it. */
  close(): void {
    this.contents.release();
  }

  /** Vectors that are not in the graph yet. */
  get backlog(): number {
    return this.contents.backlog;
  }

  /** Ends when vectors need not wait for the graph to be written. */
  get graphWritten(): Promise<unknown> {
    return this.contents.graphWritten;
  }

  /** Whether a vector waits that can be put into the graph. */
  get isBuilding(): boolean {
    return this.contents.isBuilding;
  }

  /** What a snapshot is made of. Not in the middle of a change. */
  moment(graphPath: string): MirrorMoment {
    const { spec, inOrder } = this;
    return { ...this.contents.moment(graphPath), spec, inOrder, usage: this.usage() };
  }

  /** Puts the next vector into the graph. */
  buildNext(): void {
    this.contents.buildNext();
  }

  /**
   * Makes the asked records equal to the pages, at once for all who read; those they lack are removed, new
   * ones come behind all others. Yields after each record that is read, and each vector that makes room.
   * @param claim called with the bytes that the mirror may grow by, before anything is changed; may throw
   */
  *apply(
    asked: readonly string[],
    pages: readonly Uint8Array[],
    hints: ChangeHints,
    claim: (growthBytes: number) => void,
  ): Generator<void, Placement> {
    const incoming = yield* this.incoming.readBack(pages);
    claim(this.contents.growth(incoming));
    return yield* this.alone(this.takeInWhole(asked, incoming, hints));
  }

  /** Reads the body of an `add` or `upsert`; changes nothing. Yields after each record. */
  written(body: Uint8Array): Generator<void, WrittenRecords> {
    return this.incoming.written(body);
  }

  /**
   * Takes in what ChromaDB did with the written records, as `apply` does with pages.
   * @returns undefined when that is not certain, and nothing was changed: they must be read back
   */
  *insert(
    written: WrittenRecords,
    hints: ChangeHints,
    claim: (growthBytes: number) => void,
  ): Generator<void, Placement | undefined> {
    // What ChromaDB has already is left as it is, or merged.
    if (written === undefined || written.some(({ key }) => this.contents.records.find(key))) return undefined;
    const incoming = this.incoming.stored(written);
    if (incoming === undefined) return undefined;
    claim(this.contents.growth(incoming));
    return yield* this.alone(this.takeInWhole([], incoming, hints));
  }

  /**
   * Removes every record that the listing of all ids does not name, and orders the others by it. Yields after
   * each id.
   */
  *retain(listing: Uint8Array): Generator<void, void> {
    const ids = yield* readListing(listing);
    const listed = new Set<string>();
    for (const id of ids) {
      listed.add(id);
      yield;
    }
    yield* this.alone(this.keepAndArrange(ids, listed));
  }

  /**
   * Puts the listed records in the listing's order, in the places that they hold among all. Yields after each
   * id.
   */
  *order(listing: Uint8Array): Generator<void, void> {
    const ids = yield* readListing(listing);
    yield* this.alone(this.arrange(ids));
  }

  /**
   * In what the asked records differ from the page that ChromaDB gave for them. Yields after each record;
   * what changes meanwhile may be told or not.
   */
  *compare(asked: readonly string[], bytes: Uint8Array): Generator<void, RecordDrift[]> {
    return yield* compareRecords(
      this.contents.records,
      asked,
      yield* recordsOfPage(bytes, this.spec.dimension),
    );
  }

  /** Where the records of the listing stand. Yields after each id; nothing may change meanwhile. */
  *locate(listing: Uint8Array): Generator<void, ListedPlaces> {
    const ids = yield* readListing(listing);
    return yield* placesOf(this.contents.records, ids);
  }

  /**
   * Sheds what updates and removals left behind: fills contents anew while the present ones go on answering.
   * Yields after each record. Only one at a time. Does not end in the middle of a change: what that takes
   * was reckoned for the present contents, and it may have looked records up in them.
   */
  *compact(): Generator<void, void> {
    const { records } = this.contents;
    const changed = new Set<string>();
    for (const record of records.byPosition) if (record) changed.add(record.key);
    const placeOf = records.withoutGaps();
    const next = new MirrorContents({ ...this.spec, capacity: changed.size });
    this.changed = changed;
    try {
      // Ends with the first look that finds nothing changed since the last one.
      for (;;) {
        for (const key of changed) {
          changed.delete(key);
          next.copy(this.contents, key, placeOf);
          yield;
        }
        if (!this.changing) break;
        yield;
      }
      this.contents.release();
      this.contents = next;
    } finally {
      if (this.contents !== next) next.release();
      this.changed = undefined;
    }
  }

  /**
   * The answer's bytes, or why ChromaDB must be asked, as for its order while that is open. May pause; what
   * it answers was so at one moment.
   */
  *read(request: WorkerRead): Generator<void, Uint8Array<ArrayBuffer> | NoAnswer> {
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      if (!this.isReadable(request)) return 'incomplete';
      const { changes } = this;
      const answer = yield* readMirror(this.contents, request);
      if (this.changes === changes) return answer;
    }
    // Changes come too fast: without a pause there is room for none.
    return this.isReadable(request) ? finish(readMirror(this.contents, request)) : 'incomplete';
  }

  /** What changed while a reading paused may have left places open. */
  private isReadable({ kind }: WorkerRead): boolean {
    return this.isWhole && (this.inOrder || kind === 'nearest');
  }

  /** What waits for the graph makes room first, so that nothing is built in the middle of the change. */
  private *takeInWhole(
    asked: readonly string[],
    incoming: readonly ReadRecord[],
    { uncertain, more, filling = false }: ChangeHints,
  ): Generator<void, Placement> {
    const room = filling ? FILLING_BACKLOG : MAX_BACKLOG;
    const present = new Set(incoming.map(({ key }) => key));
    const gone = asked.filter((id) => !present.has(id));
    while (this.backlog > Math.max(0, room - incoming.length)) {
      this.buildNext();
      yield;
    }
    const takenIn = this.takeIn(gone, incoming, uncertain);
    return yield* this.atOnce(gone.length + incoming.length, takenIn, more);
  }

  private *takeIn(
    gone: readonly string[],
    incoming: readonly ReadRecord[],
    uncertain: boolean,
  ): Generator<void, Placement> {
    yield* this.removeAll(gone);
    let inserted = 0;
    for (const { key, fields, vector } of incoming) {
      if (this.put(key, fields, vector)) inserted++;
      yield;
    }
    if (uncertain && inserted > 0) this.inOrder = false;
    return { inserted };
  }

  private *keepAndArrange(ids: readonly string[], listed: ReadonlySet<string>): Generator<void, void> {
    const gone: string[] = [];
    for (const id of this.contents.records.keys()) {
      if (!listed.has(id)) gone.push(id);
      yield;
    }
    yield* this.atOnce(gone.length, this.removeAll(gone), false);
    yield* this.arrange(ids);
  }

  private *removeAll(ids: readonly string[]): Generator<void, void> {
    for (const id of ids) {
      this.remove(id);
      yield;
    }
  }

  /**
   * Changes so many records so that reads see all of it or nothing. What takes too long for one step goes in
   * turns, and nothing is read meanwhile; nor before the rest of a change of which there is more.
   */
  private *atOnce<T>(records: number, change: Generator<void, T>, more: boolean): Generator<void, T> {
    if (records <= MAX_AT_ONCE && !more) {
      const changed = finish(change);
      this.isWhole = true;
      return changed;
    }
    this.isWhole = false;
    this.changes++;
    const changed = yield* change;
    this.isWhole = !more;
    return changed;
  }

  private *arrange(ids: readonly string[]): Generator<void, void> {
    const moved = yield* this.contents.records.order(ids);
    for (const id of moved) this.changed?.add(id);
    this.inOrder = true;
    this.changes++;
  }

  /** Keeps a compaction from ending until the change has. */
  private *alone<T>(change: Generator<void, T>): Generator<void, T> {
    this.changing = true;
    try {
      return yield* change;
    } finally {
      this.changing = false;
    }
  }

  /** @returns whether the record is new */
  private put(key: string, fields: RecordFields, vector: Float32Array): boolean {
    this.changed?.add(key);
    this.changes++;
    return this.contents.put(key, fields, vector);
  }

  private remove(id: string): void {
    this.contents.remove(id);
    this.changed?.add(id);
    this.changes++;
  }
}
