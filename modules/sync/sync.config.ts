export abstract class SyncConfig {
  /** Records of one page read from ChromaDB. */
  abstract readonly pageRecords: number;
  /** The longest that a write in doubt may still be on its way to a ChromaDB that answers again. */
  abstract readonly settleMs: number;
  /** Time for which a new mirror makes room for no other. */
  abstract readonly minResidenceMs: number;
  /** Folder of the operators' pins. */
  abstract readonly dataDir: string;
}
