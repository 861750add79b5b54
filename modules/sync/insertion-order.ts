import type { WriteScope } from './write-scope.js';

/** Ids that ChromaDB is asked to list by name; where there are more, all of the collection are listed. */
const MAX_NAMED_RECORDS = 5_000;

/** A write on its way. */
export interface SentWrite {
  readonly scope: WriteScope;
  /** The moment at which it was sent. */
  readonly sent: number;
}

/** A read-back that gave records new places in the mirror. */
interface PastTurn {
  /** Undefined: any. */
  readonly ids: readonly string[] | undefined;
  /** The moment after its last reading, or listing. */
  readonly ended: number;
}

/** A read-back under way. */
export interface Turn {
  readonly ids: readonly string[];
  /** Whether it takes several readings. */
  readonly inPages: boolean;
  /**
   * The writes that it reads back: how many, when the first that may insert was sent, and which one it is if
   * only one.
   */
  readonly writes: number;
  readonly since: number;
  readonly only: SentWrite | undefined;
}

/**
 * Knows where the order of a mirror's records may not be ChromaDB's.
 *
 * A record's place in ChromaDB is the moment it was inserted, some time between the sending of its write and
 * the acknowledgement. Mirrors put new records behind all others as they are read back. So the orders can
 * differ only between a record and those that were read back after its write was sent, by an earlier turn or
 * an earlier page. A writer that waits for each acknowledgement never brings that about.
 *
 * A record that a delete named, and that is there when it is read back, was spared and stands where it stood:
 * no other write to it is sent before the delete has ended (`write-order.ts`).
 */
export class InsertionOrder {
  /** A clock that only orders events. */
  private moment = 0;
  private readonly underWay = new Set<SentWrite>();
  /** Turns that ended after the oldest inserting write was sent that is under way or waits for a turn. */
  private past: readonly PastTurn[] = [];
  /** Records whose order is open; `undefined` for any. */
  private unordered: readonly Pick<PastTurn, 'ids'>[] = [];
  /** What waits for the next turn. */
  private waiting = nothing();

  send(scope: WriteScope): SentWrite {
    const write = { scope, sent: ++this.moment };
    this.underWay.add(write);
    return write;
  }

  end(write: SentWrite): void {
    this.underWay.delete(write);
  }

  /** The next turn reads the write's records back. */
  await(write: SentWrite): void {
    const { writes, since } = this.waiting;
    this.waiting = {
      writes: writes + 1,
      only: writes === 0 ? write : undefined,
      since: mayInsert(write) ? Math.min(since, write.sent) : since,
    };
  }

  /** Begins a turn for all that waits. One runs at a time. */
  begin(ids: readonly string[], inPages: boolean): Turn {
    const turn = { ids, inPages, ...this.waiting };
    this.waiting = nothing();
    return turn;
  }

  /**
   * Whether records of a reading that has just been made, if they are new to the mirror, may belong before
   * others that are new to it.
   */
  isUncertain(turn: Turn): boolean {
    if (this.readSince(turn).length > 0) return true;
    const others = [...this.underWay].some((write) => mayInsert(write) && write !== turn.only);
    return turn.inPages && (others || turn.only === undefined);
  }

  /** The turn was uncertain: the order of its records, and of those placed since, is open. */
  open(turn: Turn): void {
    const ids = together([...this.readSince(turn), turn]);
    this.unordered = [{ ids: together([...this.unordered, { ids }]) }];
  }

  get isOpen(): boolean {
    return this.unordered.length > 0;
  }

  /** Whether some order is open, and nothing is under way but the turn's writes, which would open more. */
  isDue(writes = 0): boolean {
    return this.isOpen && this.underWay.size <= writes;
  }

  /** The records whose order is open, which will be asked for now; undefined for too many to name. */
  ordering(): readonly string[] | undefined {
    const ids = together(this.unordered);
    this.unordered = [];
    return ids;
  }

  /** A turn that is about to end gave new places to some of these records; undefined for any. */
  placed(ids: readonly string[] | undefined): void {
    const ended = ++this.moment;
    const oldest = this.oldestSent();
    const past = [...this.past, { ids, ended }].filter((turn) => turn.ended > oldest);
    this.past = past.length > 0 && together(past) === undefined ? [{ ids: undefined, ended }] : past;
  }

  /** Another mirror begins; writes under way stay so. */
  forget(): void {
    this.past = [];
    this.unordered = [];
    this.waiting = nothing();
  }

  /** Earlier turns that a write may have come before whose records this one reads. */
  private readSince({ since }: Turn): readonly PastTurn[] {
    const oldest = Math.min(since, this.oldestSent());
    return this.past.filter(({ ended }) => ended > oldest);
  }

  /** Of the inserting writes that are under way or wait. A turn may read what others have not told of yet. */
  private oldestSent(): number {
    const inserting = [...this.underWay].filter(mayInsert);
    return Math.min(this.waiting.since, ...inserting.map(({ sent }) => sent));
  }
}

function nothing(): { writes: number; only: SentWrite | undefined; since: number } {
  return { writes: 0, only: undefined, since: Number.POSITIVE_INFINITY };
}

function mayInsert({ scope }: SentWrite): boolean {
  return scope.kind === 'named' && scope.effect === 'insert';
}

/** All ids once; undefined for too many to name. */
function together(turns: readonly Pick<PastTurn, 'ids'>[]): readonly string[] | undefined {
  const all = new Set<string>();
  for (const { ids } of turns) {
    if (ids === undefined) return undefined;
    for (const id of ids) all.add(id);
  }
  return all.size > MAX_NAMED_RECORDS ? undefined : [...all];
}
