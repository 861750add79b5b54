import { createHash } from 'node:crypto';
import type { Space } from '../vector/read-request.js';
import { SnapshotRefused } from './snapshot-refused.js';

/** Of the manifest, the records file and the graph file together; others are refused. */
const FORMAT = 2;

/** What the caller wants to know of the mirror again; opaque here. Plain JSON. */
export type SnapshotIdentity = Readonly<Record<string, unknown>>;

/** A file as it was written. */
export interface FileDigest {
  readonly bytes: number;
  /** Hexadecimal, of every byte, as `file-hash.ts` reckons it. */
  readonly sha256: string;
}

/** What of a mirror's spec its graph depends on. */
export interface GraphSpec {
  readonly space: Space;
  readonly dimension: number;
  readonly maxNeighbors: number;
  readonly efConstruction: number;
}

/** What a snapshot holds, and how each of its bytes is checked. */
export interface SnapshotManifest {
  readonly identity: SnapshotIdentity;
  /** The end of the two files' names. */
  readonly nonce: string;
  readonly spec: GraphSpec;
  /** Records there are. */
  readonly count: number;
  /** Slots there are, used or not. */
  readonly slots: number;
  /** Slots below are in the graph, if they hold a record. */
  readonly builtSlots: number;
  /** Labels in the graph that may be marked as removed, and are not. */
  readonly restored: readonly number[];
  /** Whether every record stands where ChromaDB has it. */
  readonly inOrder: boolean;
  /** What the mirror held in memory. */
  readonly memoryBytes: number;
  readonly records: FileDigest;
  readonly graph: FileDigest;
}

export function graphSpecOf({ space, dimension, maxNeighbors, efConstruction }: GraphSpec): GraphSpec {
  return { space, dimension, maxNeighbors, efConstruction };
}

/** The manifest's text, with its own checksum. */
export function encodeManifest(manifest: SnapshotManifest): string {
  const sha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  return `${JSON.stringify({ format: FORMAT, sha256, manifest })}\n`;
}

/** @throws SnapshotRefused for a text that `encodeManifest` did not give, to the letter */
export function decodeManifest(text: string): SnapshotManifest {
  const { format, manifest } = parsed(text);
  if (format !== undefined && format !== FORMAT) {
    throw new SnapshotRefused(`the snapshot has format ${JSON.stringify(format)}, not ${FORMAT}`);
  }
  if (typeof manifest !== 'object' || manifest === null) throw damaged();
  // The text stands for itself: what is written again and differs in a letter was not written by us.
  if (encodeManifest(manifest as SnapshotManifest) !== text) throw damaged();
  return manifest as SnapshotManifest;
}

function parsed(text: string): { readonly format?: unknown; readonly manifest?: unknown } {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw damaged();
}

function damaged(): SnapshotRefused {
  return new SnapshotRefused('the manifest of the snapshot is damaged');
}
