import type { Disturbance } from './disturbance.js';

/** What a scenario has to show; hung requests, wrong answers and complaints in the log are never allowed. */
export interface Criteria {
  /** How much later than their deadlines requests may end. */
  readonly graceMs: number;
  /** Most of the mirrored collection's reads that may fail, from the fault's beginning until recovery. */
  readonly mirroredErrorShare: number;
  /** Longest time until service is normal again. */
  readonly recoveryMs: number;
  /** Most that resident memory may have grown by. */
  readonly growthMb: number;
  /** Most open files and sockets that may be left beyond those from before. */
  readonly leftHandles: number;
}

/**
 * Heaps and code caches of a process that is seconds old still grow. Up to 64 connections to ChromaDB are
 * kept for 30 s after use: what leaks leaves more, by the hundreds.
 */
export const CRITERIA: Criteria = {
  graceMs: 250,
  mirroredErrorShare: 0.001,
  recoveryMs: 10_000,
  growthMb: 96,
  leftHandles: 72,
};

export interface Scenario {
  readonly name: string;
  /** How long the fault lasts at least, where that matters. */
  readonly leastSeconds?: number;
  /** Of Tidegate, beside its own defaults. @param folder for files */
  readonly settings?: Readonly<Record<string, string>>;
  readonly criteria?: Partial<Criteria>;
  readonly disturbance: () => Disturbance;
}

export interface ScenarioTimes {
  /** Steady load before the fault. */
  readonly beforeMs: number;
  readonly faultMs: number;
  /** Steady load after service was normal again. */
  readonly afterMs: number;
}
