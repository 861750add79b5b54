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
import type { MirrorHandle, PreparedInsert } from '../hot/mirrors.service.js';
import type { SnapshotManifest } from '../hot/snapshot-manifest.js';
import { SnapshotRefused } from '../hot/snapshot-refused.js';
import { TidegateError } from '../vector/errors.js';
import { Gate } from './gate.fake.js';

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
