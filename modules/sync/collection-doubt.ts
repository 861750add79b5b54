import type { WriteScope } from './write-scope.js';

/** A doubt that an earlier process left. */
export interface RecoveredDoubt {
  readonly since: Date;
  /** Ids of the records that may be changed yet; undefined for any. */
  readonly ids: readonly string[] | undefined;
}

/** What operators see of a doubt. */
export interface DoubtReport {
  /** Of the first of the writes; ISO 8601. */
  readonly since: string;
  readonly writes: number;
  /** Records that they may have changed; null for any. */
  readonly records: number | null;
}

/** Beyond, any record counts as touched. */
export const MAX_DOUBTED_RECORDS = 100_000;

/** Writes to a collection of which nobody knows whether ChromaDB applied them, or will. */
export class CollectionDoubt {
  /** How many there are. */
  writes = 0;
  /** Whether they may have changed any record in any way. */
  anyRecord = false;
  /** One of them may have removed the collection itself, or nobody knows what it was. */
  mayBeGone = false;
  /** The records that they may have changed; removals beyond them are found by listing all. */
  readonly ids = new Set<string>();

  readonly since: Date;

  /** @param recovered what an earlier process left */
  constructor(recovered?: RecoveredDoubt) {
    this.since = recovered?.since ?? new Date();
    if (recovered === undefined) return;
    const { ids } = recovered;
    this.add(ids ? { kind: 'named', effect: 'update', ids } : { kind: 'unknown' });
  }

  /** @param scope undefined for a call that changes no record, but perhaps the collection as such */
  add(scope: WriteScope | undefined): void {
    this.writes++;
    if (scope?.kind === 'unknown') this.anyRecord = true;
    if (scope === undefined || scope.kind === 'unknown') this.mayBeGone = true;
    if (scope?.kind === 'named') for (const id of scope.ids) this.ids.add(id);
    if (this.ids.size > MAX_DOUBTED_RECORDS) this.anyRecord = true;
    if (this.anyRecord) this.ids.clear();
  }

  /** Whether records may have changed, not just the collection as such. */
  get touchesRecords(): boolean {
    return this.anyRecord || this.ids.size > 0;
  }

  report(): DoubtReport {
    const { since, writes, anyRecord, ids } = this;
    return { since: since.toISOString(), writes, records: anyRecord ? null : ids.size };
  }
}
