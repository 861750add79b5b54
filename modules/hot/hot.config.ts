export abstract class HotConfig {
  /** What all mirrors together may hold. */
  abstract readonly maxMirrorBytes: number;
  abstract readonly maxAnswerCacheBytes: number;
  abstract readonly searchTimeoutMs: number;
  abstract readonly maxQueuedSearches: number;
}
