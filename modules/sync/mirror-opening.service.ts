import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { ChromaRecords, idsListed } from '../chroma/chroma-records.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { MirrorSpec } from '../hot/hot-protocol.js';
import { fieldBytesPerRecord } from '../hot/mirror-bytes.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { Room } from './room.service.js';
import { Snapshots, type UsableSnapshot } from './snapshots.service.js';
import type { SyncedCollection } from './synced-collection.js';
import { CalledOff, CollectionChanged, isPassing, Refused } from './warm-up-ending.js';

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
    // Asked for first of all, as a snapshot can be loaded meanwhile.
    const listed = this.records.listIds(collection.target);
    listed.catch(() => undefined);
    const info = await this.describe(collection, isCurrent);
    if (!isCurrent()) throw new CalledOff();
    if (info === undefined) {
      await this.snapshots.remove(collection.target.id);
      // Fails where the collection is gone.
      await listed;
      throw new Refused('not-mirrorable');
    }
    const restored = await this.restore(collection, info, listed, isCurrent);
    const opened = restored ?? (await this.create(collection, info, idsListed(await listed)));
    if (!isCurrent()) {
      this.mirrors.close(opened.handle);
      throw new CalledOff();
    }
    this.metrics.placement('admitted');
    collection.handle = opened.handle;
    collection.info = info;
    if (restored === undefined) collection.snapshot = undefined;
    collection.reconciliation.isUnproven = restored !== undefined;
    return opened;
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
    this.admit(collection, this.mirrors.expectedBytes(spec, records, fieldBytes));
  }

  private async create(
    collection: SyncedCollection,
    info: CollectionInfo,
    ids: readonly string[],
  ): Promise<OpenedMirror> {
    if (info.dimension === undefined || ids.length === 0) throw new Refused('empty');
    const spec = specOf(info, info.dimension, ids.length);
    this.admit(collection, this.mirrors.expectedBytes(spec, ids.length, collection.demand.fieldBytes));
    const handle = await this.mirrors.create(spec);
    return { handle, spec, records: ids.length, ids, listing: undefined, freshAtMs: undefined };
  }

  /**
   * The collection's description. Where ChromaDB is away its snapshot is loaded meanwhile.
   * @throws TidegateError as ChromaDB fails; Refused, CalledOff
   */
  private async describe(
    collection: SyncedCollection,
    isCurrent: () => boolean,
  ): Promise<CollectionInfo | undefined> {
    try {
      return await this.records.describe(collection.target);
    } catch (error) {
      if (!isPassing(error) || collection.handle) throw error;
      const found = await this.snapshots.findUnchecked(collection);
      if (found) await this.load(collection, found, isCurrent);
      throw error;
    }
  }

  /** The mirror of the collection's snapshot; undefined where there is none that can be used. */
  private async restore(
    collection: SyncedCollection,
    info: CollectionInfo,
    listed: Promise<Buffer>,
    isCurrent: () => boolean,
  ): Promise<OpenedMirror | undefined> {
    if (!this.continues(collection, info)) {
      const found = await this.snapshots.find(collection, info);
      if (found === undefined || !(await this.load(collection, found, isCurrent))) return undefined;
    }
    const { handle, loadedFreshAtMs: freshAtMs } = collection;
    const touched = this.snapshots.touchedSince(collection);
    if (handle === undefined || info.dimension === undefined || touched === undefined) {
      this.unload(collection);
      return undefined;
    }
    const listing = await listed;
    const { places } = await this.mirrors.locate(handle, Buffer.from(listing));
    const all = idsListed(listing);
    const missing = all.filter((_, row) => (places[row] ?? -1) < 0);
    const spec = specOf(info, info.dimension, all.length);
    const ids = [...new Set([...missing, ...touched])];
    return { handle, spec, records: all.length, ids, listing, freshAtMs };
  }

  /** Whether the mirror that was loaded without ChromaDB can be brought up to date; else it is given up. */
  private continues(collection: SyncedCollection, info: CollectionInfo): boolean {
    if (collection.handle === undefined) return false;
    const isSame = isDeepStrictEqual(collection.info, info);
    if (isSame && this.snapshots.touchedSince(collection) !== undefined) return true;
    this.unload(collection);
    return false;
  }

  private unload(collection: SyncedCollection): void {
    if (collection.handle) this.mirrors.close(collection.handle);
    collection.handle = undefined;
    collection.loadedFreshAtMs = undefined;
  }

  /**
   * Makes the mirror that a snapshot holds the collection's own.
   * @returns whether it could be loaded
   * @throws Refused, CalledOff
   */
  private async load(
    collection: SyncedCollection,
    found: UsableSnapshot,
    isCurrent: () => boolean,
  ): Promise<boolean> {
    const { manifest, identity } = found;
    const { info } = identity;
    if (info.dimension === undefined) return false;
    this.admit(collection, manifest.memoryBytes);
    const loaded = await this.snapshots.load(found, specOf(info, info.dimension, manifest.count));
    if (loaded === undefined) return false;
    if (!isCurrent()) {
      this.mirrors.close(loaded.handle);
      throw new CalledOff();
    }
    collection.handle = loaded.handle;
    collection.info = info;
    collection.snapshot = loaded.snapshot;
    collection.loadedFreshAtMs = loaded.freshAtMs;
    return true;
  }

  /** @throws Refused when there is no room for so many bytes */
  private admit(collection: SyncedCollection, bytes: number): void {
    if (!this.room.admit(collection, bytes)) throw new Refused('over-budget');
  }
}

function specOf(info: CollectionInfo, dimension: number, records: number): MirrorSpec {
  const { space, maxNeighbors, efConstruction, efSearch, allowsAllFilters: filters } = info;
  const capacity = Math.ceil(records * (1 + SPARE_CAPACITY));
  return { space, dimension, maxNeighbors, efConstruction, efSearch, filters, capacity };
}
