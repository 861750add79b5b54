import { NO_READING, type LatencyReading } from '../telemetry/latency-window.js';

/** How fast the two tiers that can answer anything were of late, for one collection. */
export interface Pace {
  readonly mirror: LatencyReading;
  readonly chroma: LatencyReading;
  /** What the last decision found, so that a close race does not change its winner all the time. */
  readonly mirrorWasSlower: boolean;
  /** This query is one of the few that may be spent on finding out how fast the other tier is. */
  readonly explorationDue: boolean;
}

/** When a tier counts as slower. */
export interface PacePolicy {
  /** Fewer durations in a window than this say nothing. */
  readonly minSamples: number;
  /** A mirror whose median is not above so many milliseconds is fast enough, whatever ChromaDB takes. */
  readonly fastEnoughMs: number;
  /** A mirror is slower when its median exceeds ChromaDB's by this factor, */
  readonly slowerFactor: number;
  /** and stays so until it does not exceed it by this one. */
  readonly recoveredFactor: number;
}

export const PACE_POLICY: PacePolicy = {
  minSamples: 8,
  fastEnoughMs: 25,
  slowerFactor: 2,
  recoveredFactor: 1.2,
};

export const NO_PACE: Pace = {
  mirror: NO_READING,
  chroma: NO_READING,
  mirrorWasSlower: false,
  explorationDue: false,
};

/** Whether the mirror, as when its queue is long, is expected to take much longer than ChromaDB. */
export function isMirrorSlower({ mirror, chroma, mirrorWasSlower }: Pace, policy: PacePolicy): boolean {
  const known = mirror.count >= policy.minSamples && chroma.count >= policy.minSamples;
  if (!known || isFastEnough(mirror, policy)) return false;
  const factor = mirrorWasSlower ? policy.recoveredFactor : policy.slowerFactor;
  return (mirror.p50Ms ?? 0) > (chroma.p50Ms ?? 0) * factor;
}

/**
 * Whether to ask the other tier first: a slower mirror now and then, ChromaDB only while too little is known.
 */
export function shouldExplore(pace: Pace, mirrorSlower: boolean, policy: PacePolicy): boolean {
  if (!pace.explorationDue) return false;
  const slow = pace.mirror.count >= policy.minSamples && !isFastEnough(pace.mirror, policy);
  return mirrorSlower || (slow && pace.chroma.count < policy.minSamples);
}

function isFastEnough({ p50Ms = 0 }: LatencyReading, { fastEnoughMs }: PacePolicy): boolean {
  return p50Ms <= fastEnoughMs;
}
