import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { ChromaRecords, idsListed } from '../chroma/chroma-records.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { MirrorSpec } from '../hot/hot-protocol.js';
import { fieldBytesPerRecord } from '../hot/mirror-bytes.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { Snapshots } from './snapshots.service.js';
import { Room } from './room.service.js';
import type { SyncedCollection } from './synced-collection.js';
import { CalledOff, CollectionChanged, Refused } from './warm-up-ending.js';

/** Room for records that are added later, as a part of those that are there. */
const SPARE_CAPACITY = 0.1;

/** A mirror, empty or as it was when its snapshot was taken, and what is to be read into it. */
export interface OpenedMirror {
  readonly handle: MirrorHandle;
  readonly spec: MirrorSpec;
  /** All records there are. */
  readonly records: number;
  /** Ids of the records to read; where there is no snapshot all, in order of insertion. */
  readonly ids: readonly string[];
  /** Where there is a snapshot: ChromaDB's listing of all ids, to remove and order records by. */
  readonly listing: Buffer | undefined;
  /** As `SyncedCollection.freshAtMs`, where there is a snapshot. */
  readonly freshAtMs: number | undefined;
}

/** Opens mirrors for collections that can be mirrored and have room. */
@Injectable()
export class MirrorOpening {
  constructor(
    private readonly records: ChromaRecords,
    private readonly mirrors: Mirrors,
    private readonly room: Room,
    private readonly snapshots: Snapshots,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Opens the collection's mirror and makes it the collection's own.
   * @throws Refused; CalledOff when the warm-up is not the collection's present one any more
   */
  async open(collection: SyncedCollection, isCurrent: () => boolean): Promise<OpenedMirror> {
    const listing = await this.records.listIds(collection.target);
    const ids = idsListed(listing);
    const info = await this.records.describe(collection.target);
    if (!isCurrent()) throw new CalledOff();
    if (info === undefined) throw new Refused('not-mirrorable');
    if (info.dimension === undefined || ids.length === 0) throw new Refused('empty');
    const spec = specOf(info, info.dimension, ids.length);
    const expectedBytes = this.mirrors.expectedBytes(spec, ids.length, collection.demand.fieldBytes);
    if (!this.room.admit(collection, expectedBytes)) throw new Refused('over-budget');
    const loaded = await this.snapshots.load(collection, spec, info);
    const handle = loaded?.handle ?? (await this.mirrors.create(spec));
    if (!isCurrent()) {
      this.mirrors.close(handle);
      throw new CalledOff();
    }
    this.metrics.placement('admitted');
    collection.handle = handle;
    collection.info = info;
    collection.snapshot = loaded?.snapshot;
    collection.reconciliation.isUnproven = loaded !== undefined;
    const opened = { handle, spec, records: ids.length };
    if (loaded === undefined) return { ...opened, ids, listing: undefined, freshAtMs: undefined };
    const missing = await this.missing(handle, ids, listing);
    return {
      ...opened,
      ids: [...new Set([...missing, ...loaded.touched])],
      listing,
      freshAtMs: loaded.freshAtMs,
    };
  }

  /** Where a mirror was loaded and then read the rest: removes what is gone, and orders the records. */
  async arrange({ handle, listing }: OpenedMirror): Promise<void> {
    if (listing) await this.mirrors.retain(handle, Buffer.from(listing));
  }

  /**
   * Resolves when the collection is still the one that was opened.
   * @throws CollectionChanged; TidegateError when ChromaDB fails
   */
  async recheck({ info, target }: SyncedCollection): Promise<void> {
    if (!isDeepStrictEqual(await this.records.describe(target), info)) throw new CollectionChanged();
  }

  /**
   * Reckons the mirror's size again by the records that it has so far.
   * @throws Refused when there is no room for it any more
   */
  reckon(collection: SyncedCollection, { handle, spec, records }: OpenedMirror): void {
    const fieldBytes = fieldBytesPerRecord(handle.usage);
    if (fieldBytes === undefined) return;
    collection.demand.fieldBytes = fieldBytes;
    const expectedBytes = this.mirrors.expectedBytes(spec, records, fieldBytes);
    if (!this.room.admit(collection, expectedBytes)) throw new Refused('over-budget');
  }

  private async missing(
    handle: MirrorHandle,
    ids: readonly string[],
    listing: Buffer,
  ): Promise<readonly string[]> {
    const { places } = await this.mirrors.locate(handle, Buffer.from(listing));
    return ids.filter((_, index) => (places[index] ?? -1) < 0);
  }
}

function specOf(info: CollectionInfo, dimension: number, records: number): MirrorSpec {
  const { space, maxNeighbors, efConstruction, efSearch, allowsAllFilters: filters } = info;
  const capacity = Math.ceil(records * (1 + SPARE_CAPACITY));
  return { space, dimension, maxNeighbors, efConstruction, efSearch, filters, capacity };
}
