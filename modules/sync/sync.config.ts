export abstract class SyncConfig {
  /** Records of one page read from ChromaDB. */
  abstract readonly pageRecords: number;
  /** Time a collection stays out of the hot tiers after a write in doubt. */
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
  /** Folder of the operators' pins. */
  abstract readonly dataDir: string;
}
