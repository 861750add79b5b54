import { Injectable } from '@nestjs/common';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import type { PlaceHints, Placement } from '../hot/hot-protocol.js';
import { MirrorFull } from '../hot/mirror-full.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';
import { Room } from './room.service.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';

/** What all pages of a copy changed about places. */
interface Copied extends Placement {
  /** Whether the places of new records were uncertain in some page. */
  readonly uncertain: boolean;
}

/** Times a page is tried: others may take the room that was made for it, or ChromaDB may fail to read it. */
const MAX_ATTEMPTS = 3;

/**
 * Reads written records back from ChromaDB into their mirror. One read-back of a collection runs at a time,
 * so that an older reading never overwrites a newer one; writes that end meanwhile share the next. Where the
 * order in which ChromaDB inserted them is not certain, it is asked for.
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

  private async readAll(collection: SyncedCollection): Promise<void> {
    const { handle } = collection;
    if (handle === undefined || collection.isClean) return;
    const { insertionOrder, lag, listingDue, target } = collection;
    const ids = [...collection.dirty];
    const turn = insertionOrder.begin(ids, this.config.pageRecords);
    collection.listingDue = false;
    collection.dirty.clear();
    lag.begin(ids.length);
    try {
      // Asked when a page is there: writes that are sent later cannot show in it.
      const { inserted, returned, uncertain } = await this.copy(target, handle, ids, (asked) => ({
        uncertain: listingDue || insertionOrder.isUncertain(turn),
        deleted: insertionOrder.deleted(asked),
      }));
      const open = uncertain && inserted > 0 ? insertionOrder.open(turn) : [];
      const listsAll = listingDue || returned > 0 || open === undefined;
      if (listsAll) await this.mirrors.retain(handle, await this.records.listIds(target));
      else if (open.length > 0) await this.mirrors.order(handle, await this.records.listIds(target, open));
      if (listsAll || inserted > 0) insertionOrder.placed(listsAll ? undefined : ids);
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

  /**
   * Reads the named records page by page and makes the mirror equal to each page.
   * @param proceed called before each page is applied; throws to end the copying
   */
  async copy(
    target: CollectionTarget,
    handle: MirrorHandle,
    ids: readonly string[],
    proceed: (asked: readonly string[]) => PlaceHints,
  ): Promise<Copied> {
    let [inserted, returned, uncertain] = [0, 0, false];
    for (let start = 0; start < ids.length; start += this.config.pageRecords) {
      const asked = ids.slice(start, start + this.config.pageRecords);
      const { hints, ...placement } = await this.copyPage(target, handle, asked, proceed);
      inserted += placement.inserted;
      returned += placement.returned;
      uncertain ||= hints.uncertain;
    }
    return { inserted, returned, uncertain };
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

  /** Has room made for a page that does not fit, and reads it again: its memory was given away. */
  private async copyPage(
    target: CollectionTarget,
    handle: MirrorHandle,
    asked: readonly string[],
    proceed: (asked: readonly string[]) => PlaceHints,
  ): Promise<Placement & { readonly hints: PlaceHints }> {
    for (let attempt = 1; ; attempt++) {
      const page = await this.read(target, asked);
      const hints = proceed(asked);
      try {
        return { ...(await this.mirrors.apply(handle, asked, page, hints)), hints };
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
