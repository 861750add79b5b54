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
  /** Time between two snapshots of a mirror that changes; 0 for none. */
  abstract readonly snapshotIntervalMs: number;
  /** Folder of the operators' pins, the journal of writes and the snapshots. */
  abstract readonly dataDir: string;
}
