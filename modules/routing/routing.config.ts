/** Bounds of routing; times in milliseconds. */
export abstract class RoutingConfig {
  /** Searches that may wait for the mirror worker, and for how long. */
  abstract readonly maxQueuedSearches: number;
  abstract readonly searchQueueMs: number;
  /** Of what the mirror worker takes, for one caller or one collection while others ask. */
  abstract readonly sharePercent: number;
  /** The oldest that an answer may be which is given because ChromaDB is away. */
  abstract readonly staleMaxAgeMs: number;
}
