import { Injectable } from '@nestjs/common';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import { FILLING, type Placement } from '../hot/hot-protocol.js';
import { MirrorFull } from '../hot/mirror-full.js';
import { Mirrors, type MirrorHandle, type PreparedInsert } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';
import type { Turn } from './insertion-order.js';
import { Room } from './room.service.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';
import type { WriteScope } from './write-scope.js';

/** What a copy did about places. */
interface Copied extends Placement {
  /** Whether the places of new records were uncertain when some pages were there. */
  readonly uncertain: boolean;
}

/** Pages held to be applied together, as JSON; beyond, the mirror is not read until all are there. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/**
 * Of shorter bodies, decoding takes less than telling the worker of them twice. What is prepared holds up to
 * twice the bytes of its body while the write is under way; bodies are bounded at the door.
 */
const LEAST_PREPARED_BYTES = 64 * 1024;
/** Time for which a read that needs the order tells of more to come. */
const ORDER_WANTED_MS = 10_000;
/** Times a page is tried: others may take the room that was made for it, or ChromaDB may fail to read it. */
const MAX_ATTEMPTS = 3;

/**
 * Has mirrors follow what was written: from the bodies of inserts where ChromaDB's work is certain, else by
 * reading the records back. One turn of a collection runs at a time, so that an older reading never
 * overwrites a newer one; writes that end meanwhile share the next. Where the order in which ChromaDB
 * inserted records is not certain, it is asked for.
 */
@Injectable()
export class ReadBack {
  constructor(
    private readonly config: SyncConfig,
    private readonly records: ChromaRecords,
    private readonly mirrors: Mirrors,
    private readonly metrics: Metrics,
    private readonly room: Room,
  ) {}

  /**
   * Resolves when everything that is dirty now has been read after now and applied.
   * @throws TidegateError when ChromaDB or the mirror fails: the mirror is then not equal any more
   */
  flush(collection: SyncedCollection): Promise<void> {
    const { attempts } = collection;
    collection.queued ??= collection.running.then(() => {
      // What is dirty now belongs to another mirror's warm-up, which reads it back at its end.
      if (collection.attempts !== attempts) throw new Error('the mirror is gone');
      collection.queued = undefined;
      const turn = this.readAll(collection);
      collection.running = turn.catch(() => undefined);
      return turn;
    });
    return collection.queued;
  }

  /** Has a long insert decoded while ChromaDB works; to be discarded at the write's end. */
  prepare(
    { state, handle }: SyncedCollection,
    scope: WriteScope,
    body: Uint8Array | undefined,
  ): PreparedInsert | undefined {
    const inserts = scope.kind === 'named' && scope.effect === 'insert';
    if (!inserts || state !== 'warm' || handle === undefined) return undefined;
    if (body === undefined || body.length < LEAST_PREPARED_BYTES) return undefined;
    return this.mirrors.prepare(handle, body);
  }

  discard(prepared: PreparedInsert): void {
    this.mirrors.discard(prepared);
  }

  /** Whether a flush has anything to do. */
  isDue({ dirty, inserts, listingDue, insertionOrder }: SyncedCollection): boolean {
    return dirty.size > 0 || inserts.length > 0 || listingDue || insertionOrder.isDue();
  }

  private async readAll(collection: SyncedCollection): Promise<void> {
    const { handle, insertionOrder, inserts, dirty, lag } = collection;
    if (handle === undefined || !this.isDue(collection)) return;
    const ids = [...inserts.flatMap((insert) => insert.ids), ...dirty];
    const turn = insertionOrder.begin(ids, inserts.length > 1 || ids.length > this.config.pageRecords);
    lag.begin(ids.length);
    try {
      // Asked when a reading is there: writes that are sent later cannot show in it.
      const uncertain = () => collection.listingDue || insertionOrder.isUncertain(turn);
      const copied = await this.takeIn(collection, handle, uncertain);
      if (copied.uncertain && copied.inserted > 0) insertionOrder.open(turn);
      if (copied.inserted > 0) insertionOrder.placed(ids);
      await this.arrange(collection, handle, turn);
      if (handle.usage.worn) this.compact(collection, handle);
      lag.end(false);
      this.metrics.readBack('ok');
    } catch (error) {
      lag.end(true);
      // A warm-up may go on; of every other mirror the caller disposes.
      if (collection.handle === handle) collection.noteAgain(ids);
      this.metrics.readBack('failed');
      throw error;
    }
  }

  /** Takes in what is noted: bodies of writes where that is exact, the rest as ChromaDB has it. */
  private async takeIn(
    collection: SyncedCollection,
    handle: MirrorHandle,
    isUncertain: () => boolean,
  ): Promise<Copied> {
    const { inserts, target } = collection;
    let ids = [...collection.dirty];
    collection.inserts = [];
    collection.dirty.clear();
    let [inserted, uncertain] = [0, false];
    if (inserts.length > 0) {
      const hints = { uncertain: isUncertain(), more: false };
      const bodies = inserts.map(({ body }) => body);
      const placements = await this.mirrors.insert(handle, bodies, hints);
      inserts.forEach((insert, index) => {
        const placement = placements[index];
        this.metrics.insertReflected(placement ? 'reproduced' : 'read-back');
        if (placement === undefined) ids = ids.concat(insert.ids);
        else inserted += placement.inserted;
      });
      uncertain = inserted > 0 && hints.uncertain;
    }
    const copied = await this.copyWhole(target, handle, ids, isUncertain);
    return { inserted: inserted + copied.inserted, uncertain: uncertain || copied.uncertain };
  }

  /**
   * Removes what a listing of all lacks, if one is due, and asks for an order that is open: once writes
   * pause, or at once where somebody reads in order.
   */
  private async arrange(collection: SyncedCollection, handle: MirrorHandle, turn: Turn): Promise<void> {
    const { insertionOrder, listingDue, target } = collection;
    const isDue = insertionOrder.isOpen && isOrderWanted(handle);
    if (!listingDue && !isDue && !insertionOrder.isDue(turn.writes)) return;
    collection.listingDue = false;
    const open = insertionOrder.ordering();
    if (listingDue || open === undefined) {
      await this.mirrors.retain(handle, await this.records.listIds(target));
      insertionOrder.placed(undefined);
    } else await this.mirrors.order(handle, await this.records.listIds(target, open));
  }

  /**
   * Reads the named records page by page and makes the mirror, which nobody reads yet, equal to each page.
   * @param proceed called before each page is applied; throws to end the copying
   */
  async copy(
    target: CollectionTarget,
    handle: MirrorHandle,
    ids: readonly string[],
    proceed: () => void,
  ): Promise<void> {
    const { pageRecords } = this.config;
    for (let start = 0; start < ids.length; start += pageRecords) {
      const asked = ids.slice(start, start + pageRecords);
      await this.fitting(target, async () => {
        const page = await this.read(target, asked);
        proceed();
        await this.mirrors.apply(handle, asked, [page], FILLING);
      });
    }
  }

  /** Makes the mirror equal to what ChromaDB has of the named records, whole for all who read it. */
  private async copyWhole(
    target: CollectionTarget,
    handle: MirrorHandle,
    ids: readonly string[],
    isUncertain: () => boolean,
  ): Promise<Copied> {
    let [inserted, uncertain] = [0, false];
    for (let start = 0; start < ids.length;) {
      const copied = await this.fitting(target, async () => {
        const { pages, end } = await this.readPages(target, ids, start);
        const hints = { uncertain: isUncertain(), more: end < ids.length };
        const asked = ids.slice(start, end);
        return { end, hints, ...(await this.mirrors.apply(handle, asked, pages, hints)) };
      });
      start = copied.end;
      inserted += copied.inserted;
      uncertain ||= copied.hints.uncertain;
    }
    return { inserted, uncertain };
  }

  /** As many pages as may be held at a time. */
  private async readPages(target: CollectionTarget, ids: readonly string[], start: number) {
    const pages: Buffer[] = [];
    let [end, bytes] = [start, 0];
    do {
      const asked = ids.slice(end, end + this.config.pageRecords);
      const page = await this.read(target, asked);
      pages.push(page);
      end += asked.length;
      bytes += page.length;
    } while (end < ids.length && bytes < MAX_HELD_BYTES);
    return { pages, end };
  }

  /** The named records. ChromaDB reads in two steps, and fails when a delete comes between them. */
  async read(target: CollectionTarget, ids: readonly string[]): Promise<Buffer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.records.read(target, ids);
      } catch (error) {
        const mayPass = error instanceof TidegateError && error.code === 'store-failed';
        if (!mayPass || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /** Has room made for what does not fit, and does it again from the reading on: memory was given away. */
  private async fitting<T>(target: CollectionTarget, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof MirrorFull) || attempt === MAX_ATTEMPTS) throw error;
        if (!this.room.grow(target.id, error.moreBytes)) throw error;
      }
    }
  }

  /** Starts to shed what changes left in a mirror; without memory for that it is given up, and warms anew. */
  private compact(collection: SyncedCollection, handle: MirrorHandle): void {
    this.mirrors.compact(handle).catch(() => {
      if (collection.handle === handle) this.room.release(collection, undefined);
    });
  }
}

function isOrderWanted({ readInOrderAtMs }: MirrorHandle): boolean {
  return readInOrderAtMs !== undefined && performance.now() - readInOrderAtMs < ORDER_WANTED_MS;
}
