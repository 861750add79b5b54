export abstract class SyncConfig {
  /** Records of one page read from ChromaDB. */
  abstract readonly pageRecords: number;
  /** Part of its time, in percent, in which a warm-up reads and fills in pages. */
  abstract readonly warmSharePercent: number;
  /** Longest that a warm-up bears with a ChromaDB that fails, in all, before it is given up. */
  abstract readonly warmPatienceMs: number;
  /** Time a collection stays out of the hot tiers after a write in doubt. */
  abstract readonly settleMs: number;
  /** Time for which a new mirror makes room for no other. */
  abstract readonly minResidenceMs: number;
  /** Folder of the operators' pins. */
  abstract readonly dataDir: string;
}
