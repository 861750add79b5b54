import type { BreakerOptions } from '../resilience/breaker-options.js';
import type { RetryBudgetOptions } from '../resilience/retry-budget.js';
import type { RetryPauses } from '../resilience/retry-pause.js';
import type { BreakerKind } from './store-call.js';

/** What ChromaDB is given at one time. */
export interface AdmissionOptions {
  /** Calls of one kind under way: the adaptive limit keeps between these. */
  readonly minCalls: number;
  readonly maxCalls: number;
  /** Tidegate's own calls under way. */
  readonly ownCalls: number;
  /** Calls of one kind that may wait, and for how long: reads, and what changes something. */
  readonly queueMax: number;
  readonly queueMs: number;
  readonly writeQueueMs: number;
  readonly sharePercent: number;
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
  abstract readonly breakers: Readonly<Record<BreakerKind, BreakerOptions>>;
  /** Time between two heartbeats while a breaker is not closed, and the longest that one may take. */
  abstract readonly probeIntervalMs: number;
  abstract readonly retries: RetryPauses & {
    readonly budget: RetryBudgetOptions;
    /** Time without an answer after which a read is asked a second time; 0: never. */
    readonly hedgeAfterMs: number;
  };
  abstract readonly admission: AdmissionOptions;
}
