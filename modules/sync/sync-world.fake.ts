import type { ChromaAddress } from '../chroma/chroma-address.service.js';
import type { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { ChromaRecords } from '../chroma/chroma-records.service.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import type { Mirrors } from '../hot/mirrors.service.js';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { parseCollectionId, type CollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { standIn } from '../vector/stand-in.fake.js';
import { Administration } from './administration.service.js';
import { Barriers } from './barriers.service.js';
import { FakeChroma } from './chroma-collection.fake.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { MemoryMetrics } from '../telemetry/memory-metrics.service.js';
import { MemoryWatch } from './memory-watch.job.js';
import { settled } from './gate.fake.js';
import { MirrorFilling } from './mirror-filling.service.js';
import { Comparison } from './comparison.service.js';
import { DriftCheck } from './drift-check.job.js';
import { MirrorOpening } from './mirror-opening.service.js';
import { FakeMirrors } from './mirrors.fake.js';
import { PinsStore } from './pins.store.js';
import { PlacementJob } from './placement.job.js';
import { ReadBack } from './read-back.job.js';
import { Reconcile } from './reconcile.job.js';
import { Revalidation } from './revalidation.job.js';
import { Room } from './room.service.js';
import type { SyncConfig } from './sync.config.js';
import { SyncActions } from './sync-actions.service.js';
import { Sync } from './sync.service.js';
import type { SyncedCollection } from './synced-collection.js';
import { Recovery } from './recovery.job.js';
import { SnapshotSweep } from './snapshot-sweep.job.js';
import { SnapshotJob } from './snapshot.job.js';
import { Snapshots } from './snapshots.service.js';
import { Settling } from './settling.job.js';
import { WarmUp } from './warm-up.job.js';
import { WriteJournal } from './write-journal.store.js';
import { WritePath } from './write-path.service.js';
import type { WriteEffect, WriteScope } from './write-scope.js';

/** The folder does not exist: nothing is pinned before a spec pins it. */
export const CONFIG: SyncConfig = {
  pageRecords: 2,
  warmSharePercent: 100,
  warmPatienceMs: 0,
  settleMs: 60_000,
  minResidenceMs: 0,
  snapshotIntervalMs: 0,
  snapshotFlushMs: 60_000,
  maxResidentBytes: Number.MAX_SAFE_INTEGER,
  driftCheckMs: 60_000,
  reconcileIntervalMs: 3_600_000,
  reconcileSharePercent: 100,
  driftMaxRecords: 100,
  dataDir: '/dev/null',
};
export const CALL: StoreCall = { kind: 'write', method: 'POST', path: '/', headers: [], body: null };

export function idOf(number: number): CollectionId {
  const id = parseCollectionId(String(number).padStart(32, '0'));
  if (id === undefined) throw new Error('no id');
  return id;
}

export function targetOf(number: number, database = 'd'): CollectionTarget {
  return { tenant: 't', database, id: idOf(number) };
}

export function named(effect: WriteEffect, ...ids: string[]): WriteScope {
  return { kind: 'named', effect, ids };
}

function scopeOf(changes: Readonly<Record<string, string | undefined>>): WriteScope {
  const removes = Object.values(changes).includes(undefined);
  return named(removes ? 'remove' : 'insert', ...Object.keys(changes));
}

/** Everything of this folder over a fake ChromaDB and fake mirrors. */
export class World {
  readonly chroma = new FakeChroma();
  readonly mirrors = new FakeMirrors();
  readonly metrics: Metrics;
  readonly pins: PinsStore;
  readonly journal: WriteJournal;
  readonly registry: CollectionRegistry;
  readonly room: Room;
  readonly placement: PlacementJob;
  readonly sync: Sync;
  readonly actions: SyncActions;
  readonly readBack: ReadBack;
  readonly warmUp: WarmUp;
  readonly writePath: WritePath;
  readonly revalidation: Revalidation;
  readonly administration: Administration;
  readonly settling: Settling;
  readonly snapshots: Snapshots;
  readonly snapshotJob: SnapshotJob;
  readonly memoryMetrics = new MemoryMetrics();
  readonly memoryWatch: MemoryWatch;
  readonly recovery: Recovery;
  readonly sweep: SnapshotSweep;
  readonly reconcile: Reconcile;
  readonly driftCheck: DriftCheck;

  constructor(given: Partial<SyncConfig> = {}, metrics = new Metrics()) {
    const config: SyncConfig = Object.assign({}, CONFIG, given);
    const log = new Log('silent');
    this.metrics = metrics;
    const http = standIn<ChromaHttp>({ send: this.chroma.send });
    const { read, listIds, describe, count, barrier } = this.chroma;
    const records = standIn<ChromaRecords>({ read, listIds, describe, count, barrier });
    const mirrors = standIn<Mirrors>(this.mirrors);
    this.pins = new PinsStore(config, metrics, log);
    this.journal = new WriteJournal(config, metrics, log);
    this.registry = new CollectionRegistry(this.journal, mirrors, this.pins);
    this.room = new Room(config, this.registry, mirrors, metrics, log);
    this.readBack = new ReadBack(config, records, mirrors, metrics, this.room);
    const address = standIn<ChromaAddress>({ identity: () => this.chroma.address });
    this.snapshots = new Snapshots(config, address, mirrors, this.journal, metrics);
    const opening = new MirrorOpening(records, mirrors, this.room, this.snapshots, metrics);
    const filling = new MirrorFilling(config, opening, this.readBack, metrics, log);
    this.warmUp = new WarmUp(config, filling, this.room, metrics, log);
    this.placement = new PlacementJob(this.registry, this.pins, mirrors, this.room, this.warmUp);
    this.memoryWatch = new MemoryWatch(config, this.room, this.warmUp, this.memoryMetrics, log);
    this.sync = new Sync(this.registry, this.placement, this.pins);
    this.writePath = new WritePath(http, this.registry, this.readBack, this.journal, metrics);
    this.snapshotJob = new SnapshotJob(config, this.registry, this.snapshots, metrics, log);
    this.revalidation = new Revalidation(records, this.registry);
    this.administration = new Administration(http, this.registry, this.revalidation, this.journal, metrics);
    this.recovery = new Recovery(this.snapshots, this.placement, log);
    this.sweep = new SnapshotSweep(this.registry, this.snapshots, log);
    const barriers = new Barriers(records);
    this.settling = new Settling(config, this.registry, barriers, this.readBack, this.revalidation);
    const comparison = new Comparison(config, records, mirrors, this.readBack, metrics);
    this.reconcile = new Reconcile(config, this.registry, comparison, metrics, log);
    this.actions = new SyncActions(this.registry, this.placement, this.reconcile, this.snapshotJob, log);
    this.driftCheck = new DriftCheck(config, records, this.registry, this.reconcile, metrics);
  }

  track(target = targetOf(1)): SyncedCollection {
    const collection = this.registry.track(target);
    if (collection === undefined) throw new Error('not tracked');
    return collection;
  }

  /** A collection that is warm with these records in it. */
  async warm(records: Readonly<Record<string, string>> = { a: '1' }, target = targetOf(1)) {
    for (const [id, value] of Object.entries(records)) this.chroma.records.set(id, value);
    const collection = this.track(target);
    this.warmUp.start(collection, target);
    await settled();
    if (collection.state !== 'warm') throw new Error(`not warm but ${collection.state}`);
    return collection;
  }

  /**
   * Sends an upsert of these records, or a delete (`undefined`), which changes them where it gets through.
   */
  write(
    changes: Readonly<Record<string, string | undefined>>,
    scope: WriteScope = scopeOf(changes),
    target = targetOf(1),
  ): Promise<StoreAnswer> {
    const change = () => {
      for (const [id, value] of Object.entries(changes)) {
        if (value === undefined) this.chroma.records.delete(id);
        else this.chroma.records.set(id, value);
      }
    };
    return this.send(change, scope, target);
  }

  /** @param inserted what the write's body says of records, if it says so */
  send(
    change: () => void,
    scope: WriteScope,
    target = targetOf(1),
    inserted?: Readonly<Record<string, string>>,
  ): Promise<StoreAnswer> {
    const body = inserted ? Buffer.from(JSON.stringify(Object.entries(inserted))) : null;
    const call = { ...CALL, body };
    this.chroma.changes.set(call, change);
    return this.writePath.write(target, scope, call);
  }

  /** The ids of the collection's mirror in order; undefined without one, and while its order is open. */
  mirroredOrder({ handle }: SyncedCollection): string[] | undefined {
    const content = handle && this.mirrors.contents.get(handle);
    return handle && content && !this.mirrors.unordered.has(handle) ? [...content.keys()] : undefined;
  }

  storedOrder(): string[] {
    return [...this.chroma.records.keys()];
  }

  /** What the collection's mirror holds. */
  mirrored({ handle }: SyncedCollection): Record<string, string> | undefined {
    const content = handle && this.mirrors.contents.get(handle);
    return content && Object.fromEntries(content);
  }

  stored(): Record<string, string> {
    return Object.fromEntries(this.chroma.records);
  }

  async counter(line: string): Promise<number> {
    const { text } = await this.metrics.expose();
    const found = text.split('\n').find((each) => each.startsWith(`tidegate_${line} `));
    return found === undefined ? 0 : Number(found.split(' ').at(-1));
  }
}
