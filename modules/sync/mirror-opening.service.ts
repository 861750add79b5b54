import { Injectable } from '@nestjs/common';
import { ChromaRecords, idsListed } from '../chroma/chroma-records.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { MirrorSpec } from '../hot/hot-protocol.js';
import { fieldBytesPerRecord } from '../hot/mirror-bytes.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { Room } from './room.service.js';
import type { SyncedCollection } from './synced-collection.js';
import { CalledOff, Refused } from './warm-up-ending.js';

/** Room for records that are added later, as a part of those that are there. */
const SPARE_CAPACITY = 0.1;

/** An empty mirror and what is to be read into it. */
export interface OpenedMirror {
  readonly handle: MirrorHandle;
  readonly spec: MirrorSpec;
  /** Of all records, in order of insertion. */
  readonly ids: readonly string[];
}

/** Opens mirrors for collections that can be mirrored and have room. */
@Injectable()
export class MirrorOpening {
  constructor(
    private readonly records: ChromaRecords,
    private readonly mirrors: Mirrors,
    private readonly room: Room,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Opens the collection's mirror and makes it the collection's own.
   * @throws Refused; CalledOff when the warm-up is not the collection's present one any more
   */
  async open(collection: SyncedCollection, isCurrent: () => boolean): Promise<OpenedMirror> {
    const ids = idsListed(await this.records.listIds(collection.target));
    const info = await this.records.describe(collection.target);
    if (!isCurrent()) throw new CalledOff();
    if (info === undefined) throw new Refused('not-mirrorable');
    if (info.dimension === undefined || ids.length === 0) throw new Refused('empty');
    const spec = specOf(info, info.dimension, ids.length);
    const expectedBytes = this.mirrors.expectedBytes(spec, ids.length, collection.demand.fieldBytes);
    if (!this.room.admit(collection, expectedBytes)) throw new Refused('over-budget');
    const handle = await this.mirrors.create(spec);
    if (!isCurrent()) {
      this.mirrors.close(handle);
      throw new CalledOff();
    }
    this.metrics.placement('admitted');
    collection.handle = handle;
    collection.info = info;
    return { handle, spec, ids };
  }

  /**
   * Reckons the mirror's size again by the records that it has so far.
   * @throws Refused when there is no room for it any more
   */
  reckon(collection: SyncedCollection, { handle, spec, ids }: OpenedMirror): void {
    const fieldBytes = fieldBytesPerRecord(handle.usage);
    if (fieldBytes === undefined) return;
    collection.demand.fieldBytes = fieldBytes;
    const expectedBytes = this.mirrors.expectedBytes(spec, ids.length, fieldBytes);
    if (!this.room.admit(collection, expectedBytes)) throw new Refused('over-budget');
  }
}

function specOf(info: CollectionInfo, dimension: number, records: number): MirrorSpec {
  const { space, maxNeighbors, efConstruction, efSearch, allowsAllFilters: filters } = info;
  const capacity = Math.ceil(records * (1 + SPARE_CAPACITY));
  return { space, dimension, maxNeighbors, efConstruction, efSearch, filters, capacity };
}
