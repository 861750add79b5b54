import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { ChromaAddress } from '../chroma/chroma-address.service.js';
import type { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { ChromaRecords } from '../chroma/chroma-records.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import type {
  ChangeHints,
  InsertBody,
  ListedPlaces,
  MirrorSpec,
  Placement,
  RecordDrift,
  SavedSnapshot,
} from '../hot/hot-protocol.js';
import { MirrorFull } from '../hot/mirror-full.js';
import type { SnapshotManifest } from '../hot/snapshot-manifest.js';
import { SnapshotRefused } from '../hot/snapshot-refused.js';
import type { MirrorHandle, Mirrors, PreparedInsert } from '../hot/mirrors.service.js';
import { Log } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { parseCollectionId, type CollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { standIn } from '../vector/stand-in.fake.js';
import { Administration } from './administration.service.js';
import { Barriers } from './barriers.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { MemoryMetrics } from '../telemetry/memory-metrics.service.js';
import { MemoryWatch } from './memory-watch.job.js';
import { MirrorFilling } from './mirror-filling.service.js';
import { Comparison } from './comparison.service.js';
import { DriftCheck } from './drift-check.job.js';
import { MirrorOpening } from './mirror-opening.service.js';
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

export const INFO: CollectionInfo = {
  space: 'l2',
  dimension: 3,
  maxNeighbors: 16,
  efConstruction: 100,
  efSearch: 100,
  allowsAllFilters: true,
};
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

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

/** Lets time pass until something is so. */
export async function eventually(isSo: () => boolean): Promise<void> {
  for (let turn = 0; !isSo(); turn++) {
    if (turn === 10_000) throw new Error('it never came to be');
    await sleep(1);
  }
}

/** A place where calls can be held up, to be let go one by one. */
export class Gate {
  readonly waiting: (() => void)[] = [];
  /** Decides in place of `hold` when a call goes on. */
  wait: (() => Promise<void>) | undefined;
  private held = false;

  hold(): void {
    this.held = true;
  }

  async pass(): Promise<void> {
    await this.wait?.();
    if (this.held) await new Promise<void>((go) => this.waiting.push(go));
  }

  async release(count = this.waiting.length): Promise<void> {
    for (const go of this.waiting.splice(0, count)) go();
    await settled();
  }

  async open(): Promise<void> {
    this.held = false;
    await this.release();
  }
}

/**
 * One collection of ChromaDB: ids and their values in insertion order. Readings are taken at once and
 * arrive late.
 */
export class FakeChroma {
  readonly records = new Map<string, string>();
  info: CollectionInfo | undefined = INFO;
  /** Collections that are deleted, whatever the path. */
  readonly gone = new Set<CollectionId>();
  /** How the next calls that change something end. */
  outcome: number | ErrorCode = 200;
  failing: 'read' | 'listIds' | 'describe' | 'count' | 'barrier' | undefined;
  /** So many of the next readings find nobody there. */
  outages = 0;
  readonly reads: (readonly string[])[] = [];
  /** The ids that listings were asked for; undefined for all. */
  readonly listings: (readonly string[] | undefined)[] = [];
  readonly readGate = new Gate();
  readonly listGate = new Gate();
  readonly sendGate = new Gate();
  readonly barrierGate = new Gate();
  barriers = 0;
  address = 'http://chroma';
  readonly countGate = new Gate();
  /** What calls change when they arrive. */
  readonly changes = new Map<StoreCall, () => void>();

  readonly send = async (call: StoreCall): Promise<StoreAnswer> => {
    const { outcome } = this;
    await this.sendGate.wait?.();
    this.changes.get(call)?.();
    await this.sendGate.pass();
    if (typeof outcome === 'string') throw new TidegateError(outcome, 'of the spec', 'none');
    return { status: outcome, headers: [], body: Readable.from([]) };
  };

  readonly read = async (_: CollectionTarget, ids: readonly string[]): Promise<Buffer> => {
    this.reads.push(ids);
    const present = [...this.records].filter(([id]) => ids.includes(id));
    await this.readGate.pass();
    this.failIf('read');
    return Buffer.from(JSON.stringify(present));
  };

  readonly listIds = async (_: CollectionTarget, ids?: readonly string[]): Promise<Buffer> => {
    this.listings.push(ids);
    const listed = [...this.records.keys()].filter((id) => ids?.includes(id) ?? true);
    const listing = JSON.stringify({ ids: listed });
    await this.listGate.pass();
    this.failIf('listIds');
    return Buffer.from(listing);
  };

  readonly count = async (): Promise<number> => {
    const { size } = this.records;
    await this.countGate.pass();
    this.failIf('count');
    return size;
  };

  readonly describe = async ({ id }: CollectionTarget): Promise<CollectionInfo | undefined> => {
    await Promise.resolve();
    this.failIf('describe');
    return this.info && !this.gone.has(id) ? { ...this.info } : undefined;
  };

  readonly barrier = async ({ id }: CollectionTarget): Promise<void> => {
    await this.barrierGate.pass();
    this.barriers++;
    this.failIf('barrier');
    if (this.gone.has(id)) throw new TidegateError('not-found', 'of the spec', 'none');
  };

  private failIf(call: FakeChroma['failing']): void {
    if (this.outages > 0) {
      this.outages--;
      throw new TidegateError('store-unreachable', 'of the spec', 'none');
    }
    if (this.failing === call) throw new TidegateError('store-failed', 'of the spec', 'none');
  }
}

/** What a record takes in a fake mirror. */
export const RECORD_BYTES = 10;

/** Mirrors as plain maps, whose order is that of the records. */
export class FakeMirrors {
  readonly contents = new Map<MirrorHandle, Map<string, string>>();
  /** Mirrors whose order is open. */
  readonly unordered = new Set<MirrorHandle>();
  /** Mirrors that have the half of a change. */
  readonly partial = new Set<MirrorHandle>();
  readonly closed: MirrorHandle[] = [];
  readonly createGate = new Gate();
  readonly saveGate = new Gate();
  /** By folder. */
  snapshots = new Map<string, { readonly identity: object; readonly content: Map<string, string> }>();
  diskFull = false;
  /** Whether snapshots are refused. */
  damaged = false;
  readonly applyGate = new Gate();
  readonly compareGate = new Gate();
  /** Bodies of writes that have not ended. */
  readonly prepared = new Map<number, Uint8Array>();
  preparations = 0;
  compactions = 0;
  compactable = true;
  /** What all together may hold, in `RECORD_BYTES` a record. */
  limitBytes = Number.MAX_SAFE_INTEGER;
  alive = true;
  failing = false;
  /** Bytes of a record's fields, as usages tell them; a part of no other figure. */
  fieldBytes = 0;
  /** Whether somebody reads mirrors in their order. */
  readInOrder = false;
  /** Whether what ChromaDB makes of a body is certain. */
  foreseeing = (): boolean => true;
  /** Whether mirrors are worn after their next change. */
  wear = false;

  readonly expectedBytes = (_: MirrorSpec, records: number, fieldBytes = 0) =>
    records * (RECORD_BYTES + fieldBytes);
  readonly heldBytes = () => [...this.contents.keys()].reduce((sum, { usage }) => sum + usage.bytes, 0);
  readonly fits = (moreBytes: number) => this.heldBytes() + moreBytes <= this.limitBytes;
  readonly compact = () => {
    this.compactions++;
    return this.compactable ? Promise.resolve() : Promise.reject(new MirrorFull(1));
  };
  readonly isAlive = (handle: MirrorHandle) => this.alive && this.contents.has(handle);

  readonly create = async (): Promise<MirrorHandle> => {
    await this.createGate.pass();
    this.failIfLost();
    const number = this.contents.size + this.closed.length;
    const usage = { records: 0, bytes: 0, fieldBytes: 0, worn: false };
    const handle: MirrorHandle = {
      number,
      generation: 1,
      dimension: 3,
      filters: true,
      usage,
      compacting: false,
      ...(this.readInOrder ? { readInOrderAtMs: performance.now() } : {}),
    };
    this.contents.set(handle, new Map());
    return handle;
  };

  readonly close = (handle: MirrorHandle): void => {
    this.contents.delete(handle);
    this.closed.push(handle);
  };

  readonly apply = async (
    handle: MirrorHandle,
    asked: readonly string[],
    pages: readonly Buffer[],
    { uncertain, more }: ChangeHints,
  ): Promise<Placement> => {
    await this.applyGate.pass();
    const content = this.contentOf(handle);
    const present = new Map(pages.flatMap((page) => JSON.parse(page.toString()) as [string, string][]));
    const inserted = [...present.keys()].filter((id) => !content.has(id)).length;
    if (!this.fits(inserted * RECORD_BYTES)) throw new MirrorFull(inserted * RECORD_BYTES);
    if (uncertain && inserted > 0) this.unordered.add(handle);
    if (more) this.partial.add(handle);
    else this.partial.delete(handle);
    for (const id of asked) if (!present.has(id)) content.delete(id);
    for (const [id, value] of present) content.set(id, value);
    this.measure(handle, content);
    return { inserted };
  };

  readonly prepare = (handle: MirrorHandle, body: Uint8Array): PreparedInsert => {
    const insert = ++this.preparations;
    this.prepared.set(insert, body);
    return { handle, insert };
  };

  readonly discard = ({ insert }: PreparedInsert): void => {
    this.prepared.delete(insert);
  };

  readonly insert = async (
    handle: MirrorHandle,
    bodies: readonly InsertBody[],
    hints: ChangeHints,
  ): Promise<readonly (Placement | undefined)[]> => {
    const placements: (Placement | undefined)[] = [];
    for (const body of bodies) placements.push(await this.insertOne(handle, body, hints));
    return placements;
  };

  /** As the worker: what ChromaDB did is certain for records that are new, where the spec says so. */
  private async insertOne(
    handle: MirrorHandle,
    given: InsertBody,
    hints: ChangeHints,
  ): Promise<Placement | undefined> {
    const body = typeof given === 'number' ? this.prepared.get(given) : given;
    if (body === undefined) return undefined;
    const written = JSON.parse(Buffer.from(body).toString()) as [string, string][];
    const content = this.contentOf(handle);
    if (!this.foreseeing() || written.some(([id]) => content.has(id))) {
      await this.applyGate.pass();
      return undefined;
    }
    try {
      return await this.apply(handle, [], [Buffer.from(body)], hints);
    } catch (error) {
      if (error instanceof MirrorFull) return undefined;
      throw error;
    }
  }

  readonly order = async (handle: MirrorHandle, listing: Buffer): Promise<void> => {
    await this.applyGate.pass();
    const { ids } = JSON.parse(listing.toString()) as { ids: string[] };
    const content = this.contentOf(handle);
    const before = new Map(content);
    const listed = ids.filter((id) => content.has(id));
    const ordered = [...before.keys()].map((id) => (ids.includes(id) ? (listed.shift() ?? id) : id));
    content.clear();
    for (const id of ordered) content.set(id, before.get(id) ?? '');
    this.unordered.delete(handle);
  };

  readonly retain = async (handle: MirrorHandle, listing: Buffer): Promise<void> => {
    const { ids } = JSON.parse(listing.toString()) as { ids: string[] };
    await this.order(handle, listing);
    const content = this.contentOf(handle);
    for (const id of [...content.keys()]) if (!ids.includes(id)) content.delete(id);
    this.measure(handle, content);
  };

  readonly save = async (handle: MirrorHandle, folder: string, identity: object): Promise<SavedSnapshot> => {
    const content = new Map(this.contentOf(handle));
    await this.saveGate.pass();
    if (this.diskFull) throw new TidegateError('snapshot-not-written', 'of the spec', 'none');
    this.snapshots.set(folder, { identity, content });
    return { records: content.size, bytes: content.size * RECORD_BYTES, durationMs: 1 };
  };

  readonly snapshotIn = (folder: string) => {
    const snapshot = this.snapshots.get(folder);
    const digest = { bytes: RECORD_BYTES, sha256: '' };
    const { identity, content } = snapshot ?? {};
    const count = content?.size ?? 0;
    const manifest = { identity, count, memoryBytes: count * RECORD_BYTES, records: digest, graph: digest };
    return Promise.resolve(snapshot && (manifest as SnapshotManifest));
  };

  readonly load = async (folder: string): Promise<MirrorHandle> => {
    const snapshot = this.snapshots.get(folder);
    if (snapshot === undefined || this.damaged) throw new SnapshotRefused('of the spec');
    const handle = await this.create();
    const content = new Map(snapshot.content);
    this.contents.set(handle, content);
    this.measure(handle, content);
    return handle;
  };

  readonly removeSnapshot = (folder: string): Promise<void> => {
    this.snapshots.delete(folder);
    return Promise.resolve();
  };

  readonly compare = async (
    handle: MirrorHandle,
    asked: readonly string[],
    page: Buffer,
  ): Promise<readonly RecordDrift[]> => {
    await this.compareGate.pass();
    const content = this.contentOf(handle);
    const present = new Map(JSON.parse(page.toString()) as [string, string][]);
    const drift = asked.flatMap((id): RecordDrift[] => {
      const [held, read] = [content.get(id), present.get(id)];
      if (held === read) return [];
      if (held === undefined) return [{ id, kinds: ['missing'] }];
      return [{ id, kinds: [read === undefined ? 'extra' : 'document'] }];
    });
    await this.compareGate.pass();
    return drift;
  };

  readonly locate = async (handle: MirrorHandle, listing: Buffer): Promise<ListedPlaces> => {
    await this.compareGate.pass();
    const { ids } = JSON.parse(listing.toString()) as { ids: string[] };
    const held = [...this.contentOf(handle).keys()];
    await this.compareGate.pass();
    const places = Float64Array.from(ids, (id) => held.indexOf(id));
    return { places, unlisted: held.filter((id) => !ids.includes(id)) };
  };

  private measure(handle: MirrorHandle, content: ReadonlyMap<string, string>): void {
    const [records, bytes] = [content.size, content.size * RECORD_BYTES];
    handle.usage = { records, bytes, fieldBytes: records * this.fieldBytes, worn: this.wear };
  }

  private contentOf(handle: MirrorHandle): Map<string, string> {
    this.failIfLost();
    const content = this.contents.get(handle);
    if (content === undefined) throw new TidegateError('mirror-lost', 'closed', 'none');
    return content;
  }

  private failIfLost(): void {
    if (this.failing) throw new TidegateError('mirror-lost', 'of the spec', 'none');
  }
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
