import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FileHash, hashFile } from './file-hash.js';
import { GraphFileCheck } from './graph-file.js';
import { readBlocks } from './record-file.js';
import {
  decodeManifest,
  encodeManifest,
  type FileDigest,
  type SnapshotManifest,
} from './snapshot-manifest.js';
import { SnapshotRefused } from './snapshot-refused.js';

const MANIFEST = 'manifest.json';
const NONCE_BYTES = 8;
/** Hashing as much, while a snapshot is written, takes half a millisecond. */
const PIECE_BYTES = 512 * 1024;

type Part = 'records' | 'graph';

/**
 * The folder of one snapshot: `manifest.json`, and the two files that it names. A new snapshot is written
 * beside the old one, which stays whole until the new manifest takes the old one's name.
 */
export class SnapshotFiles {
  constructor(readonly folder: string) {}

  /**
   * @returns undefined when there is no snapshot
   * @throws SnapshotRefused when the manifest is damaged or cannot be read
   */
  async manifest(): Promise<SnapshotManifest | undefined> {
    const path = join(this.folder, MANIFEST);
    try {
      return decodeManifest(await readFile(path, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      if (error instanceof SnapshotRefused) throw error;
      throw new SnapshotRefused(`${path} cannot be read`, { cause: error });
    }
  }

  path(part: Part, { nonce }: Pick<SnapshotManifest, 'nonce'>): string {
    return join(this.folder, `${part}-${nonce}`);
  }

  /**
   * Reads every byte of the graph's file.
   * @throws SnapshotRefused when it is not as it was written
   */
  async checkGraph(manifest: SnapshotManifest): Promise<void> {
    const path = this.path('graph', manifest);
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { bytes, sha256 } = manifest.graph;
      if (size !== bytes || (await hashFile(file)).sha256 !== sha256) throw damaged(path);
    } finally {
      await file.close();
    }
  }

  /**
   * The blocks of the records' file, as they come, while other threads hash it.
   * @throws SnapshotRefused behind the last one when the file is not as it was written: until then what is in
   * them may be anything
   */
  async *blocks(manifest: SnapshotManifest): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const path = this.path('records', manifest);
    const file = await open(path);
    try {
      const { bytes, sha256 } = manifest.records;
      const { size } = await file.stat();
      if (size !== bytes || (yield* readBlocks(file, bytes)).sha256 !== sha256) throw damaged(path);
    } finally {
      await file.close();
    }
  }

  async draft(): Promise<SnapshotDraft> {
    await mkdir(this.folder, { recursive: true });
    return new SnapshotDraft(this);
  }

  /** Removes what other snapshots, given up or replaced, left behind. */
  async removeOthers(manifest: SnapshotManifest): Promise<void> {
    const own = ['records', 'graph'].map((part) => `${part}-${manifest.nonce}`);
    const others = (await readdir(this.folder)).filter((name) => name !== MANIFEST && !own.includes(name));
    for (const name of others) await rm(join(this.folder, name), { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Files that are being written, and count for nothing until `publish` has ended. */
class SnapshotDraft {
  readonly nonce = randomBytes(NONCE_BYTES).toString('hex');
  readonly recordsPath: string;
  readonly graphPath: string;
  private readonly manifestPath: string;

  constructor(private readonly files: SnapshotFiles) {
    this.recordsPath = files.path('records', this);
    this.graphPath = files.path('graph', this);
    this.manifestPath = join(files.folder, `manifest-${this.nonce}`);
  }

  /** Writes the file of records. */
  async writeRecords(blocks: AsyncIterable<Uint8Array>): Promise<FileDigest> {
    const file = await open(this.recordsPath, 'wx');
    try {
      const hash = new FileHash();
      for await (const block of blocks) {
        for (let at = 0; at < block.length; at += PIECE_BYTES) {
          const piece = block.subarray(at, at + PIECE_BYTES);
          hash.push(piece);
          await file.appendFile(piece);
        }
      }
      await file.sync();
      return hash.digest();
    } finally {
      await file.close();
    }
  }

  /** Brings the graph's file, which hnswlib wrote, to the disk. Rejects when it is not whole. */
  async finishGraph(): Promise<FileDigest> {
    const file = await open(this.graphPath, 'r+');
    try {
      await file.sync();
      const check = new GraphFileCheck();
      const digest = await hashFile(file, (piece) => {
        check.push(piece);
      });
      if (check.isWhole()) return digest;
      throw new Error(`${this.graphPath} is cut off: the disk took no more`);
    } finally {
      await file.close();
    }
  }

  /** Puts the manifest into the place of the one before. What was written before it was brought to disk. */
  async publish(manifest: SnapshotManifest): Promise<void> {
    const file = await open(this.manifestPath, 'wx');
    try {
      await file.writeFile(encodeManifest(manifest));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.manifestPath, join(this.files.folder, MANIFEST));
    await syncFolder(this.files.folder);
  }

  /** Removes what was written, unless its manifest was published after all. */
  async discard(): Promise<void> {
    const published = await this.files.manifest().catch(() => undefined);
    if (published?.nonce === this.nonce) return;
    for (const path of [this.manifestPath, this.recordsPath, this.graphPath]) await rm(path, { force: true });
  }
}

function damaged(path: string): SnapshotRefused {
  return new SnapshotRefused(`${path} is not as it was written`);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
