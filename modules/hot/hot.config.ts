import type { BreakerOptions } from '../resilience/breaker-options.js';

export abstract class HotConfig {
  /** What all mirrors together may hold. */
  abstract readonly maxMirrorBytes: number;
  abstract readonly maxAnswerCacheBytes: number;
  abstract readonly searchTimeoutMs: number;
  abstract readonly maxQueuedSearches: number;
}

export abstract class MirrorGuardConfig {
  abstract readonly breaker: BreakerOptions;
}
