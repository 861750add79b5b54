import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { PLACES_CERTAIN } from '../hot/hot-protocol.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { Refusal } from './mirror-state.js';
import { ReadBack } from './read-back.job.js';
import type { SyncedCollection } from './synced-collection.js';

/** Time after which a failed or refused warm-up may be tried again. */
const RETRY_MS = 5_000;

/** The collection cannot be mirrored for now. */
class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal);
  }
}

/**
 * Fills a mirror from ChromaDB, page by page, while writes go on, and ends exact: ids are listed once, as one
 * consistent reading, and their records read by id, so that deletes shift no page; what is written meanwhile
 * is noted and read back at the end.
 */
@Injectable()
export class WarmUp implements OnModuleDestroy {
  private stopping = false;

  constructor(
    private readonly records: ChromaRecords,
    private readonly mirrors: Mirrors,
    private readonly readBack: ReadBack,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** Starts a warm-up unless one runs, the mirror is there, or it is too early to try again. Never throws. */
  start(collection: SyncedCollection, target: CollectionTarget): void {
    const idle = collection.state === 'cold' || collection.state === 'refused';
    if (!idle || this.stopping || performance.now() < collection.holdUntilMs) return;
    collection.beginWarming(target);
    void this.run(new Attempt(collection));
  }

  private async run(attempt: Attempt): Promise<void> {
    const started = performance.now();
    const { collection } = attempt;
    const { id } = collection.target;
    try {
      const ids = await this.listIds(collection);
      const handle = await this.open(attempt, ids.length);
      await this.readBack.copy(collection.target, handle, ids, () => {
        attempt.check();
        if (this.stopping) throw new CalledOff();
        if (!this.mirrors.fits(0)) throw new Refused('over-budget');
        return PLACES_CERTAIN;
      });
      await this.catchUp(attempt);
      this.metrics.warmUp('ok');
      const { records, bytes } = handle.usage;
      this.log.info('mirror-warm', {
        collection: id,
        records,
        bytes,
        ms: Math.round(performance.now() - started),
      });
    } catch (error) {
      const refusal = error instanceof Refused ? error.refusal : undefined;
      this.metrics.warmUp(refusal ? 'refused' : 'failed');
      this.log.warn('mirror-not-warmed', { collection: id, refusal, message: messageOf(error) });
      if (attempt.isCurrent()) this.giveUp(collection, refusal);
    }
  }

  private async listIds(collection: SyncedCollection): Promise<readonly string[]> {
    const { ids } = JSON.parse((await this.records.listIds(collection.target)).toString()) as {
      ids: string[];
    };
    return ids;
  }

  private async open(attempt: Attempt, records: number): Promise<MirrorHandle> {
    const { collection } = attempt;
    const info = await this.records.describe(collection.target);
    if (info === undefined) throw new Refused('not-mirrorable');
    if (info.dimension === undefined || records === 0) throw new Refused('empty');
    if (!this.mirrors.fits(this.mirrors.expectedBytes(records, info.dimension)))
      throw new Refused('over-budget');
    const handle = await this.mirrors.create(specOf(info, info.dimension, records));
    if (!attempt.isCurrent()) {
      this.mirrors.close(handle);
      throw new CalledOff();
    }
    collection.handle = handle;
    collection.info = info;
    return handle;
  }

  /**
   * Reads back what was written since the warm-up began: once while writes go on, then the little that is
   * left alone, between two writes, so that nothing is half reflected when the mirror becomes warm.
   */
  private async catchUp(attempt: Attempt): Promise<void> {
    const { collection } = attempt;
    attempt.check();
    await this.readBack.flush(collection);
    await collection.writeOrder.run(true, async () => {
      attempt.check();
      collection.state = 'catching-up';
      await this.readBack.flush(collection);
      attempt.check();
      collection.state = 'warm';
      collection.freshAtMs = attempt.startedMs;
    });
  }

  private giveUp(collection: SyncedCollection, refusal: Refusal | undefined): void {
    const { handle } = collection;
    if (handle) this.mirrors.close(handle);
    collection.leaveHotTier(refusal ? 'refused' : 'cold', performance.now() + RETRY_MS);
    collection.refusal = refusal;
  }
}

/** One run of the job; whatever takes the collection out of the hot tier ends it. */
class Attempt {
  readonly startedMs = performance.now();
  private readonly number: number;

  constructor(readonly collection: SyncedCollection) {
    this.number = collection.attempts;
  }

  isCurrent(): boolean {
    return this.collection.attempts === this.number;
  }

  check(): void {
    if (!this.isCurrent()) throw new CalledOff();
  }
}

class CalledOff extends Error {
  constructor() {
    super('the warm-up was called off');
  }
}

function specOf(info: CollectionInfo, dimension: number, records: number) {
  const { space, maxNeighbors, efConstruction, efSearch, allowsAllFilters: filters } = info;
  return {
    space,
    dimension,
    maxNeighbors,
    efConstruction,
    efSearch,
    filters,
    capacity: Math.ceil(records * 1.1),
  };
}
