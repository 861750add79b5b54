export interface BreakerOptions {
  readonly windowMs: number;
  readonly minCalls: number;
  readonly errorPercent: number;
  readonly resetMs: number;
}

export abstract class ChromaConfig {
  /** Unset: an embedded ChromaDB is started. */
  abstract readonly url: string | undefined;
  abstract readonly dataDir: string;
  abstract readonly runtimeDir: string;
  abstract readonly maxConnections: number;
  abstract readonly maxBodyBytes: number;
  abstract readonly timeoutMs: number;
  abstract readonly connectTimeoutMs: number;
  abstract readonly startTimeoutMs: number;
  abstract readonly breaker: BreakerOptions;
}
