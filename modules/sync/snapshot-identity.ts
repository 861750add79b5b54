import { isDeepStrictEqual } from 'node:util';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { CollectionTarget } from '../vector/collection-id.js';

/** Of which mirror a snapshot was taken, and when. */
export interface SnapshotIdentity {
  /** The ChromaDB whose records it has. */
  readonly store: string;
  readonly target: CollectionTarget;
  readonly info: CollectionInfo;
  /** The journal knows what was touched since this mark. */
  readonly mark: string;
  readonly takenAt: string;
  /** When the mirror was last known to equal ChromaDB as a whole, writes past Tidegate included. */
  readonly freshAt: string;
}

/** A snapshot that is there. */
export interface TakenSnapshot extends Pick<SnapshotIdentity, 'mark' | 'takenAt'> {
  readonly bytes: number;
}

/** What a snapshot must be of to be used. */
export type WantedIdentity = Pick<SnapshotIdentity, 'store' | 'target' | 'info'>;

/** Whether the snapshot is of the same collection, as it is described now, of the same ChromaDB. */
export function isOf(identity: SnapshotIdentity, wanted: WantedIdentity): boolean {
  const { store, target, info } = identity;
  return isDeepStrictEqual({ store, target, info }, wanted);
}
