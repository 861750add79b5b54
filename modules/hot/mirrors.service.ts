import { Injectable } from '@nestjs/common';
import type { EndSignal } from '../vector/end-signal.js';
import { TidegateError } from '../vector/errors.js';
import type { ReadRequest } from '../vector/read-request.js';
import type {
  ChangeHints,
  InsertBody,
  ListedPlaces,
  MirrorSpec,
  MirrorUsage,
  NoAnswer,
  Overflow,
  Placement,
  SavedSnapshot,
  RecordDrift,
} from './hot-protocol.js';
import { HotConfig } from './hot.config.js';
import { expectedMirrorBytes } from './mirror-bytes.js';
import { MirrorFull } from './mirror-full.js';
import { MirrorWorker, type Ticket } from './mirror-worker.service.js';
import { sentRead } from './sent-read.js';
import { SnapshotFiles } from './snapshot-files.store.js';
import type { SnapshotIdentity, SnapshotManifest } from './snapshot-manifest.js';
import { SnapshotRefused } from './snapshot-refused.js';

/** The open mirror of one collection, as seen from the main thread. */
export interface MirrorHandle {
  readonly number: number;
  readonly generation: number;
  readonly dimension: number;
  readonly filters: boolean;
  usage: MirrorUsage;
  compacting: boolean;
  /** Milliseconds of the monotonic clock at which records were last read in their order, or tried to be. */
  readInOrderAtMs?: number;
}

/** The body of an `add` or `upsert` that the worker decodes, or did. */
export interface PreparedInsert {
  readonly handle: MirrorHandle;
  /** The number by which `insert` takes it in. */
  readonly insert: number;
}

/** Opens, fills, searches and closes mirrors, within one memory budget. */
@Injectable()
export class Mirrors {
  private readonly open = new Set<MirrorHandle>();
  private opened = 0;
  private prepared = 0;

  constructor(
    private readonly config: HotConfig,
    private readonly worker: MirrorWorker,
  ) {}

  get limitBytes(): number {
    return this.config.maxMirrorBytes;
  }

  /**
   * Bytes that a new mirror of so many records is expected to hold.
   * @param fieldBytes of a record on average; a usual figure where it is not known
   */
  expectedBytes(spec: MirrorSpec, records: number, fieldBytes?: number): number {
    return expectedMirrorBytes(spec, records, fieldBytes);
  }

  heldBytes(): number {
    return this.live().reduce((sum, handle) => sum + handle.usage.bytes, 0);
  }

  heldRecords(): number {
    return this.live().reduce((sum, handle) => sum + handle.usage.records, 0);
  }

  fits(moreBytes: number): boolean {
    return this.heldBytes() + moreBytes <= this.config.maxMirrorBytes;
  }

  workerAlive(): boolean {
    return this.worker.isAlive();
  }

  isAlive(handle: MirrorHandle): boolean {
    return this.open.has(handle) && handle.generation === this.worker.generation && this.worker.isAlive();
  }

  /** @throws TidegateError `mirror-lost`; MirrorFull when its empty graph does not fit */
  async create(spec: MirrorSpec): Promise<MirrorHandle> {
    const number = ++this.opened;
    const { generation } = this.worker;
    const { limitBytes } = this;
    const usage = fitting(await this.worker.call<'open'>({ kind: 'open', mirror: number, spec, limitBytes }));
    return this.hold({ ...spec, number, generation, usage });
  }

  /**
   * Writes a snapshot of the mirror into the folder, in the background; what was acknowledged before the call
   * is in it. The earlier snapshot stays until this one is whole, so there must be room for both.
   * @param identity what `snapshotIn` will tell again; plain JSON
   * @throws TidegateError `snapshot-not-written`, and then nothing new is in the folder; `mirror-lost`
   */
  async save(handle: MirrorHandle, folder: string, identity: SnapshotIdentity): Promise<SavedSnapshot> {
    const { number } = handle;
    const result = await this.worker.call<'save'>({ kind: 'save', mirror: number, folder, identity });
    if (!('reason' in result)) return result;
    throw new TidegateError(
      'snapshot-not-written',
      `no snapshot was written to ${folder}: ${result.reason}`,
      'see to disk space and permissions; the mirror goes on, and earlier snapshots stay',
    );
  }

  /**
   * What the snapshot in the folder holds; undefined when there is none.
   * @throws TidegateError `snapshot-refused` when its manifest is damaged
   */
  snapshotIn(folder: string): Promise<SnapshotManifest | undefined> {
    return new SnapshotFiles(folder).manifest();
  }

  removeSnapshot(folder: string): Promise<void> {
    return new SnapshotFiles(folder).remove();
  }

  /**
   * Opens a mirror with what the folder's snapshot holds, as `save` found it.
   * @throws TidegateError `snapshot-refused` when one of its bytes is not as it was written, or its spec is
   * another; `mirror-lost`; MirrorFull. Then nothing is left of it in memory
   */
  async load(folder: string, manifest: SnapshotManifest, spec: MirrorSpec): Promise<MirrorHandle> {
    const number = ++this.opened;
    const { generation } = this.worker;
    const { limitBytes } = this;
    const command = { kind: 'load', mirror: number, spec, folder, manifest, limitBytes } as const;
    const result = await this.worker.call<'load'>(command);
    if ('reason' in result) throw new SnapshotRefused(result.reason);
    return this.hold({ ...spec, number, generation, usage: fitting(result) });
  }

  close(handle: MirrorHandle): void {
    const alive = this.isAlive(handle);
    this.open.delete(handle);
    // A worker that dies on the way has closed it as well.
    if (alive) this.worker.call<'close'>({ kind: 'close', mirror: handle.number }).catch(() => undefined);
  }

  /**
   * Makes the asked records equal to the pages that ChromaDB gave for them, in one step for all who read. The
   * pages' memory is given away.
   * @throws TidegateError `mirror-lost`; MirrorFull, and then nothing was changed
   */
  async apply(
    handle: MirrorHandle,
    asked: readonly string[],
    pages: readonly Buffer[],
    hints: ChangeHints,
  ): Promise<Placement> {
    const moved = pages.map(owned);
    const { limitBytes } = this;
    const result = await this.worker.call<'apply'>(
      { kind: 'apply', mirror: handle.number, asked, pages: moved, hints, limitBytes },
      moved.map(({ buffer }) => buffer),
    );
    const { inserted, ...usage } = fitting(result);
    // Whoever counts records sees no half of a change either.
    handle.usage = hints.more ? { ...usage, records: handle.usage.records } : usage;
    return { inserted };
  }

  /**
   * Has a copy of the body of an `add` or `upsert` decoded, which ChromaDB has not answered yet. To be
   * discarded, whatever comes of it.
   */
  prepare(handle: MirrorHandle, body: Uint8Array): PreparedInsert {
    const insert = ++this.prepared;
    const copy = new Uint8Array(body);
    const command = { kind: 'prepare', mirror: handle.number, insert, body: copy } as const;
    // Where it fails, nothing is there to be taken in.
    this.worker.call<'prepare'>(command, [copy.buffer]).catch(() => undefined);
    return { handle, insert };
  }

  discard({ handle, insert }: PreparedInsert): void {
    // A mirror that was closed has forgotten it by itself.
    if (!this.isAlive(handle)) return;
    this.worker.call<'discard'>({ kind: 'discard', mirror: handle.number, insert }).catch(() => undefined);
  }

  /**
   * Takes in what ChromaDB did with the bodies of `add` or `upsert`, in the order in which it acknowledged
   * them. The memory of those that were not prepared is given away.
   * @returns what was done with each; undefined where it is not certain, or does not fit: the body's records
   * must be read back
   * @throws TidegateError `mirror-lost`
   */
  async insert(handle: MirrorHandle, bodies: readonly InsertBody[], hints: ChangeHints) {
    const sent = bodies.map((body) => (typeof body === 'number' ? body : owned(body)));
    const moved = sent.flatMap((body) => (typeof body === 'number' ? [] : [body.buffer]));
    const { limitBytes } = this;
    const { placements, ...usage } = await this.worker.call<'insert'>(
      { kind: 'insert', mirror: handle.number, bodies: sent, hints, limitBytes },
      moved,
    );
    handle.usage = usage;
    return placements;
  }

  /** Removes what ChromaDB's listing of all ids does not name, and orders the rest by it. */
  retain(handle: MirrorHandle, listing: Buffer): Promise<void> {
    return this.follow('retain', handle, listing);
  }

  /**
   * Puts the records that ChromaDB's listing of ids names in its order, in the places that they hold among
   * all.
   */
  order(handle: MirrorHandle, listing: Buffer): Promise<void> {
    return this.follow('order', handle, listing);
  }

  /**
   * In what the asked records differ from the page that ChromaDB gave for them, whose memory is given away.
   * What changes meanwhile may be told or not.
   * @throws TidegateError `mirror-lost`
   */
  compare(handle: MirrorHandle, asked: readonly string[], page: Buffer): Promise<readonly RecordDrift[]> {
    const bytes = owned(page);
    return this.worker.call<'compare'>({ kind: 'compare', mirror: handle.number, asked, page: bytes }, [
      bytes.buffer,
    ]);
  }

  /**
   * Where the mirror has the records of ChromaDB's listing of all ids, all at one moment. The listing's
   * memory is given away.
   * @throws TidegateError `mirror-lost`
   */
  locate(handle: MirrorHandle, listing: Buffer): Promise<ListedPlaces> {
    const bytes = owned(listing);
    return this.worker.call<'locate'>({ kind: 'locate', mirror: handle.number, listing: bytes }, [
      bytes.buffer,
    ]);
  }

  /**
   * Has the mirror shed what updates and removals left behind, while it goes on answering.
   * @throws TidegateError `mirror-lost`; MirrorFull when there is no memory for a second copy meanwhile
   */
  async compact(handle: MirrorHandle): Promise<void> {
    if (handle.compacting) return;
    handle.compacting = true;
    const { limitBytes } = this;
    try {
      handle.usage = fitting(
        await this.worker.call<'compact'>({ kind: 'compact', mirror: handle.number, limitBytes }),
      );
    } finally {
      handle.compacting = false;
    }
  }

  /**
   * @returns the answer's bytes in ChromaDB's JSON, or why ChromaDB must be asked
   * @param gone ends when nobody waits for the answer any more
   * @throws TidegateError `mirror-busy`, `mirror-timeout` or `mirror-lost`; what `gone` was aborted with
   */
  async read(handle: MirrorHandle, request: ReadRequest, gone?: EndSignal): Promise<Uint8Array | NoAnswer> {
    if (request.kind === 'count') return this.count(handle);
    const queued = this.worker.pending();
    if (queued >= this.config.maxQueuedSearches) {
      throw new TidegateError(
        'mirror-busy',
        'too many searches wait for the mirror',
        'ChromaDB answers instead',
      );
    }
    if (request.kind !== 'nearest') handle.readInOrderAtMs = performance.now();
    gone?.throwIfAborted();
    const ticket: Ticket = { sequence: 0 };
    const sent = sentRead(request, handle.dimension, queued);
    if (typeof sent === 'string') return sent;
    const command = { kind: 'read', mirror: handle.number, request: sent.request } as const;
    const answer = this.worker.call<'read'>(command, sent.moved, ticket);
    return this.awaited(answer, ticket, gone);
  }

  private hold({ number, generation, dimension, filters, usage }: Omit<MirrorHandle, 'compacting'>) {
    const handle: MirrorHandle = { number, generation, dimension, filters, usage, compacting: false };
    this.open.add(handle);
    return handle;
  }

  private async follow(kind: 'retain' | 'order', handle: MirrorHandle, listing: Buffer): Promise<void> {
    const bytes = owned(listing);
    const command = { kind, mirror: handle.number, listing: bytes };
    handle.usage = await this.worker.call<'retain' | 'order'>(command, [bytes.buffer]);
  }

  /** Gives up, and has the worker drop the read if it can, after the bound or when nobody waits any more. */
  private awaited<T>(answer: Promise<T>, ticket: Ticket, gone: EndSignal | undefined): Promise<T> {
    const timeoutMs = this.config.searchTimeoutMs;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        gone?.removeEventListener('abort', leave);
      };
      const giveUp = (reason: Error) => {
        end();
        this.worker.drop(ticket);
        reject(reason);
      };
      const leave = () => {
        giveUp(gone?.reason as Error);
      };
      const timer = setTimeout(() => {
        giveUp(timedOut(timeoutMs));
      }, timeoutMs);
      gone?.addEventListener('abort', leave, { once: true });
      answer.then(end, end);
      answer.then(resolve, reject);
    });
  }

  /** Its usage is as of the last read-back, which every acknowledged write has waited for. */
  private count(handle: MirrorHandle): Uint8Array {
    if (this.isAlive(handle)) return Buffer.from(String(handle.usage.records));
    throw new TidegateError('mirror-lost', 'the mirror worker died', 'ChromaDB answers instead');
  }

  private live(): MirrorHandle[] {
    return [...this.open].filter((handle) => handle.generation === this.worker.generation);
  }
}

function fitting<T extends MirrorUsage>(result: T | Overflow): T {
  if ('moreBytes' in result) throw new MirrorFull(result.moreBytes);
  return result;
}

/** Bytes in a buffer of their own, which can be moved to another thread. */
function owned(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = buffer.byteOffset === 0 && buffer.byteLength === buffer.buffer.byteLength;
  return whole ? new Uint8Array(buffer.buffer as ArrayBuffer) : new Uint8Array(buffer);
}

function timedOut(timeoutMs: number): TidegateError {
  const message = `the mirror took over ${timeoutMs} ms`;
  return new TidegateError('mirror-timeout', message, 'ChromaDB answers instead');
}
