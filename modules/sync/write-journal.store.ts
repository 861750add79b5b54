import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import fs from 'node:fs';
import { join } from 'node:path';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionId } from '../vector/collection-id.js';
import type { RecoveredDoubt } from './collection-doubt.js';
import { readEntries, writeEntry, type JournalEntry } from './journal-entry.js';
import { JournalState } from './journal-state.js';
import { SyncConfig } from './sync.config.js';
import type { AdminScope } from './write-scope.js';

/** The journal is written anew, as short as it can be, when it has grown by so much. */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
/** Time after which a journal that could not be written is tried again. */
const RETRY_MS = 1_000;
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/**
 * Remembers, beyond the death of the process, which writes may not have ended and which records were touched
 * since a snapshot. An entry is handed to the system before the write that it announces is sent: only a crash
 * of the whole system can lose it, and that is noticed.
 *
 * Entries are written at once, on the event loop: a few microseconds, as the system only copies them, where
 * waiting for another thread would cost each write ten times that.
 */
@Injectable()
export class WriteJournal implements OnModuleInit, OnApplicationShutdown {
  private state = new JournalState();
  private readonly folder: string;
  private readonly path: string;
  private file: number | undefined;
  private grownBytes = 0;
  private retryAtMs = 0;
  private lastWrite = 0;
  /** Until then, by the monotonic clock, any collection may be changed yet by a call that is in doubt. */
  private allDoubtedUntilMs = 0;

  constructor(
    private readonly config: SyncConfig,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.folder = join(config.dataDir, 'journal');
    this.path = join(this.folder, 'journal');
  }

  onModuleInit(): void {
    try {
      this.recover();
    } catch (error) {
      this.lose(messageOf(error));
    }
    this.begin();
  }

  /** Makes sure that the next process can rely on all that is in the journal, even if the system crashes. */
  onApplicationShutdown(): void {
    this.write({ kind: 'closed' });
    if (this.file === undefined) return;
    try {
      fs.fsyncSync(this.file);
      fs.closeSync(this.file);
    } catch (error) {
      this.fail(error);
    }
    this.file = undefined;
  }

  /**
   * Notes that a call is about to be sent. @returns its number
   * @param ids of the records that it may change; null for any
   */
  sent(scope: AdminScope, ids: readonly string[] | null): number {
    const write = ++this.lastWrite;
    const collection = scope === 'all' ? null : scope;
    const entry = { kind: 'sent', write, collection, ids } as const;
    this.state.apply(entry);
    // On disk ids only matter where a snapshot may lack them.
    const matters = ids === null || collection === null || this.state.hasMarks(collection);
    this.write(matters ? entry : { ...entry, ids: [] });
    return write;
  }

  /** Notes that a call ended and the mirrors follow it, or that nobody knows how it ended. */
  ended(write: number, inDoubt: boolean): void {
    this.record({ kind: 'ended', write, ...(inDoubt && { doubtedAt: Date.now() }) });
    if (inDoubt) this.holdAllIfDoubted();
  }

  settled(collection: CollectionId): void {
    this.record({ kind: 'settled', collection });
  }

  /** Begins to note what is touched from now on, and what writes under way may touch. */
  mark(collection: CollectionId, mark: string): void {
    this.record({ kind: 'marked', collection, mark, ids: this.state.idsUnderWay(collection) });
  }

  /** Only the snapshot of this mark is there from now on; undefined: none. */
  keep(collection: CollectionId, mark: string | undefined): void {
    if (!this.state.hasMarks(collection)) return;
    this.record({ kind: 'kept', collection, ...(mark !== undefined && { mark }) });
  }

  /** The snapshot of this mark was not taken after all. */
  unmark(collection: CollectionId, mark: string): void {
    this.record({ kind: 'unmarked', collection, mark });
  }

  /** Collections of which there may be a snapshot that can be used. */
  marked(): readonly CollectionId[] {
    return this.state.marked();
  }

  /** Whether a snapshot of the collection was taken, and may be used yet. */
  hasMarks(collection: CollectionId): boolean {
    return this.state.hasMarks(collection);
  }

  /** Ids touched since the mark; undefined when that is not known, or they may be any. */
  touchedSince(collection: CollectionId, mark: string): readonly string[] | undefined {
    return this.state.touchedSince(collection, mark);
  }

  /** A doubt that has not settled about a collection that is new to this process. */
  recoveredDoubt(collection: CollectionId): RecoveredDoubt | undefined {
    const doubtedAt = this.state.doubtOf(collection);
    if (doubtedAt !== undefined)
      return { since: new Date(doubtedAt), ids: this.state.touchedSince(collection) };
    const allDoubted = this.state.doubtOf(null);
    if (allDoubted === undefined) return undefined;
    if (performance.now() < this.allDoubtedUntilMs) return { since: new Date(allDoubted), ids: undefined };
    this.record({ kind: 'settled', collection: null });
    return undefined;
  }

  private recover(): void {
    const isFirst = !fs.existsSync(this.folder);
    if (isFirst) return;
    // A folder without a journal: it was taken away, and never written again.
    const entries = readEntries(fs.readFileSync(this.path, 'utf8'));
    if (entries === undefined) {
      this.lose('it is damaged');
      return;
    }
    const state = new JournalState();
    for (const entry of entries) state.apply(entry);
    const boot = bootId();
    if (!state.closed && (boot === null || state.boot !== boot)) {
      this.lose('the system was restarted before the journal was closed');
      return;
    }
    state.endAll(Date.now());
    // Any collection may have been deleted: without ChromaDB's word no snapshot is to be served.
    if (state.doubtOf(null) !== undefined) state.forgetAllMarks();
    this.state = state;
    this.holdAllIfDoubted();
  }

  /** Nothing is known: what is new is in doubt for a while, and snapshots are not used. */
  private lose(message: string): void {
    this.state.apply({ kind: 'doubted', collection: null, doubtedAt: Date.now() });
    this.holdAllIfDoubted();
    this.metrics.journalFailed('read');
    this.log.error('journal-lost', {
      path: this.path,
      message,
      remedy: 'none is needed: mirrors are filled anew, after the time that writes take to settle',
    });
  }

  private holdAllIfDoubted(): void {
    if (this.state.doubtOf(null) === undefined) return;
    this.allDoubtedUntilMs = performance.now() + this.config.settleMs;
  }

  private record(entry: JournalEntry): void {
    this.state.apply(entry);
    this.write(entry);
  }

  private write(entry: JournalEntry): void {
    if (this.file === undefined && performance.now() >= this.retryAtMs) this.begin();
    else this.append(entry);
    if (this.grownBytes > MAX_GROWTH_BYTES) this.begin();
  }

  private append(entry: JournalEntry): void {
    if (this.file === undefined) return;
    try {
      const bytes = Buffer.from(writeEntry(entry));
      if (fs.writeSync(this.file, bytes) < bytes.length) throw new Error('the disk is full');
      this.grownBytes += bytes.length;
    } catch (error) {
      this.fail(error);
    }
  }

  /** Writes the journal anew, with all that still matters. */
  private begin(): void {
    const draft = `${this.path}.draft`;
    try {
      fs.mkdirSync(this.folder, { recursive: true });
      this.state.apply({ kind: 'opened', boot: bootId() });
      const file = fs.openSync(draft, 'w');
      this.close();
      this.file = file;
      for (const entry of this.state.entries()) fs.writeSync(file, writeEntry(entry));
      fs.renameSync(draft, this.path);
      this.grownBytes = 0;
    } catch (error) {
      this.fail(error);
    }
  }

  /** A journal that lacks an entry must not be believed: it is taken away until one can be written whole. */
  private fail(error: unknown): void {
    this.close();
    this.retryAtMs = performance.now() + RETRY_MS;
    try {
      fs.rmSync(this.path, { force: true });
    } catch {
      // Where nothing can be removed, nothing could be written: there is no journal.
    }
    this.metrics.journalFailed('write');
    this.log.error('journal-not-written', {
      path: this.path,
      message: messageOf(error),
      remedy: 'make room, or let Tidegate write there; until then a restart fills every mirror anew',
    });
  }

  private close(): void {
    if (this.file !== undefined) fs.closeSync(this.file);
    this.file = undefined;
  }
}

function bootId(): string | null {
  try {
    return fs.readFileSync(BOOT_ID_PATH, 'utf8').trim();
  } catch {
    return null;
  }
}
