import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ChromaAddress } from '../chroma/chroma-address.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { MirrorSpec, SavedSnapshot } from '../hot/hot-protocol.js';
import { Mirrors, type MirrorHandle } from '../hot/mirrors.service.js';
import type { SnapshotManifest } from '../hot/snapshot-manifest.js';
import { SnapshotRefused } from '../hot/snapshot-refused.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { parseCollectionId, type CollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { isOf, type SnapshotIdentity, type TakenSnapshot } from './snapshot-identity.js';
import { SyncConfig } from './sync.config.js';
import type { SyncedCollection } from './synced-collection.js';
import { WriteJournal } from './write-journal.store.js';

/** A mirror as it was when its snapshot was taken. */
export interface LoadedMirror {
  readonly handle: MirrorHandle;
  /** Ids of the records that writes touched since. */
  readonly touched: readonly string[];
  readonly snapshot: TakenSnapshot;
  /** As `SyncedCollection.freshAtMs`; before zero where an earlier process took the snapshot. */
  readonly freshAtMs: number;
}

/** A snapshot that may be loaded. */
export interface UsableSnapshot {
  readonly manifest: SnapshotManifest;
  readonly identity: SnapshotIdentity;
  /** Ids that writes touched since it was taken. */
  readonly touched: readonly string[];
}

/** Takes snapshots of mirrors, and gives them back: one a collection, in `mirrors/` of the data folder. */
@Injectable()
export class Snapshots {
  private readonly folder: string;

  constructor(
    config: SyncConfig,
    private readonly address: ChromaAddress,
    private readonly mirrors: Mirrors,
    private readonly journal: WriteJournal,
    private readonly metrics: Metrics,
  ) {
    this.folder = join(config.dataDir, 'mirrors');
  }

  /** Collections that have a folder, whether what is in it can be used or not. */
  async list(): Promise<CollectionId[]> {
    try {
      return (await readdir(this.folder)).flatMap((name) => parseCollectionId(name) ?? []);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** The path of a collection of which there is a snapshot; undefined where it cannot be used. */
  async targetOf(id: CollectionId): Promise<CollectionTarget | undefined> {
    return (await this.unlessRefused(id, () => this.usable(id)))?.identity.target;
  }

  /** Whether nothing was touched since the collection's snapshot was taken. */
  isCurrent(collection: SyncedCollection): boolean {
    return this.touchedSince(collection)?.length === 0;
  }

  /** Ids touched since the collection's snapshot was taken; undefined without one, or where they are any. */
  touchedSince({ snapshot, target }: SyncedCollection): readonly string[] | undefined {
    return snapshot && this.journal.touchedSince(target.id, snapshot.mark);
  }

  /**
   * Takes a snapshot of a mirror that is warm and not in doubt.
   * @throws TidegateError `snapshot-not-written`, `mirror-lost`; an earlier snapshot then stays usable
   */
  async take(collection: SyncedCollection): Promise<SavedSnapshot> {
    const { target, handle, info, freshAtMs = performance.now() } = collection;
    if (handle === undefined || info === undefined) throw new Error('there is no mirror');
    const identity: SnapshotIdentity = {
      store: this.address.identity(),
      target,
      info,
      mark: randomUUID(),
      takenAt: new Date().toISOString(),
      freshAt: new Date(Date.now() - (performance.now() - freshAtMs)).toISOString(),
    };
    // Before it is begun: what ended until now is in the mirror, all else is noted.
    this.journal.mark(target.id, identity.mark);
    try {
      const saved = await this.mirrors.save(handle, this.folderOf(target.id), { ...identity });
      this.journal.keep(target.id, identity.mark);
      const { mark, takenAt } = identity;
      collection.snapshot = { mark, takenAt, bytes: saved.bytes };
      return saved;
    } catch (error) {
      this.journal.unmark(target.id, identity.mark);
      throw error;
    }
  }

  /** The collection's snapshot; undefined when there is none that can be used, and that is removed. */
  async find({ target }: SyncedCollection, info: CollectionInfo): Promise<UsableSnapshot | undefined> {
    const snapshot = await this.unlessRefused(target.id, () => this.usable(target.id));
    if (snapshot === undefined) return undefined;
    if (isOf(snapshot.identity, { store: this.address.identity(), target, info })) return snapshot;
    await this.discard(target.id, 'outdated');
    return undefined;
  }

  /** The same while ChromaDB is away and does not say how the collection is described now. */
  async findUnchecked({ target }: SyncedCollection): Promise<UsableSnapshot | undefined> {
    const snapshot = await this.unlessRefused(target.id, () => this.usable(target.id));
    if (snapshot === undefined) return undefined;
    const { info } = snapshot.identity;
    const isSame = isOf(snapshot.identity, { store: this.address.identity(), target, info });
    return isSame ? snapshot : undefined;
  }

  /**
   * Opens a mirror with what a snapshot holds.
   * @returns undefined when it is damaged, and it is removed
   * @throws MirrorFull; TidegateError `mirror-lost`
   */
  async load(snapshot: UsableSnapshot, spec: MirrorSpec): Promise<LoadedMirror | undefined> {
    const { manifest, identity, touched } = snapshot;
    const { id } = identity.target;
    const handle = await this.unlessRefused(id, () => this.mirrors.load(this.folderOf(id), manifest, spec));
    if (handle === undefined) return undefined;
    this.metrics.snapshot('load', 'ok');
    const { mark, takenAt, freshAt } = identity;
    const ageMs = Math.max(0, Date.now() - Date.parse(freshAt));
    const taken = { mark, takenAt, bytes: manifest.records.bytes + manifest.graph.bytes };
    return { handle, touched, snapshot: taken, freshAtMs: performance.now() - ageMs };
  }

  /** Removes the collection's snapshot, if there is one. */
  async remove(id: CollectionId): Promise<void> {
    this.journal.keep(id, undefined);
    await this.mirrors.removeSnapshot(this.folderOf(id));
  }

  /** Undefined where the snapshot is refused, and removed. */
  private async unlessRefused<T>(id: CollectionId, use: () => Promise<T>): Promise<T | undefined> {
    try {
      return await use();
    } catch (error) {
      if (!(error instanceof SnapshotRefused)) throw error;
      await this.discard(id, 'refused');
      return undefined;
    }
  }

  private async discard(id: CollectionId, outcome: 'refused' | 'outdated'): Promise<void> {
    this.metrics.snapshot('load', outcome);
    await this.remove(id);
  }

  /** Undefined where there is none, or nobody knows what was touched since: then it is removed. */
  private async usable(id: CollectionId): Promise<UsableSnapshot | undefined> {
    const manifest = await this.mirrors.snapshotIn(this.folderOf(id));
    if (manifest === undefined) return undefined;
    // The manifest's checksum holds: it has what `save` put there.
    const identity = manifest.identity as unknown as SnapshotIdentity;
    const touched = this.journal.touchedSince(id, identity.mark);
    if (touched) return { manifest, identity, touched };
    await this.discard(id, 'outdated');
    return undefined;
  }

  private folderOf(id: CollectionId): string {
    return join(this.folder, id);
  }
}
