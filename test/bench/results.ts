import type { Latencies } from './statistics.js';

/** What one side did in the rounds of a row. */
export interface SideResult {
  readonly requests: number;
  readonly errors: number;
  readonly requestsPerSecond: number;
  readonly latencyMs: Latencies;
  /** Processor time of all servers that took part, in milliseconds a request. */
  readonly cpuMsPerRequest: number;
  readonly recall?: number;
  /** Why answers were wrong, once each. */
  readonly faults: readonly string[];
}

/** One scenario at one number of clients. */
export interface Row {
  readonly scenario: string;
  readonly title: string;
  readonly clients: number;
  /** What one request carries, as in 1,000 for a batch of vectors. */
  readonly unitsPerRequest: number;
  readonly tidegate: SideResult;
  readonly chroma: SideResult;
  /** Medians over the rounds of Tidegate's figure divided by ChromaDB's. */
  readonly ratios: { readonly p50: number; readonly p95: number; readonly rate: number };
  /** Shares of Tidegate's answers by the tier that gave them. */
  readonly tiers: Readonly<Record<string, number>>;
}

/** A figure that is no row of requests: a start, memory, growth. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly value: number;
  readonly note?: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly chromadb: string;
  readonly tidegate: string;
}

export interface BenchResults {
  readonly profile: string;
  readonly seed: number;
  readonly measuredAt: string;
  readonly records: number;
  readonly dimension: number;
  readonly seconds: number;
  readonly machine: Machine;
  /** Requests a second that the driver makes of a server that does nothing. */
  readonly driverCeiling: number;
  readonly rows: readonly Row[];
  readonly figures: readonly Figure[];
}
