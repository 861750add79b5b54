export abstract class SyncConfig {
  /** Records of one page read from ChromaDB. */
  abstract readonly pageRecords: number;
  /** Part of its time, in percent, in which a warm-up reads and fills in pages. */
  abstract readonly warmSharePercent: number;
  /** Longest that a warm-up bears with a ChromaDB that fails, in all, before it is given up. */
  abstract readonly warmPatienceMs: number;
  /** The longest that a write in doubt may still be on its way to a ChromaDB that answers again. */
  abstract readonly settleMs: number;
  /** Time for which a new mirror makes room for no other. */
  abstract readonly minResidenceMs: number;
  /** Time after which counts and descriptions of mirrored collections are looked at again. */
  abstract readonly driftCheckMs: number;
  /** Time within which every mirror is compared with its whole collection. */
  abstract readonly reconcileIntervalMs: number;
  /** Percentage of the time that these comparisons may take, at the most. */
  abstract readonly reconcileSharePercent: number;
  /** Records that may differ in one comparison; with more, the mirror is taken out of service. */
  abstract readonly driftMaxRecords: number;
  /** Time between two snapshots of a mirror that changes; 0 for none. */
  abstract readonly snapshotIntervalMs: number;
  /** Time after which a shutdown begins no further snapshot. */
  abstract readonly snapshotFlushMs: number;
  /** Bytes of resident memory beyond which mirrors are given up; 0 takes a share of what there is. */
  abstract readonly maxResidentBytes: number;
  /** Folder of the operators' pins, the journal of writes and the snapshots. */
  abstract readonly dataDir: string;
}
