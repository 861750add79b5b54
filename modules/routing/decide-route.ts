import type { ServingState } from '../sync/mirror-state.js';
import type { BreakerState } from '../resilience/breaker-options.js';
import { isMirrorSlower, NO_PACE, shouldExplore, type Pace, type PacePolicy } from './pace.js';

/** What may answer a query while ChromaDB is there. */
export type TrueTier = 'answer-cache' | 'mirror' | 'chroma';

/** What may answer a query; `stale` only once ChromaDB has failed. */
export type Tier = TrueTier | 'stale';

/**
 * What a query asks for: what mirrors answer, what has a filter that they do not evaluate, or what
 * only ChromaDB can judge.
 */
export type RequestKind = 'answerable' | 'unsupported-filter' | 'opaque';

export type MirrorFact = ServingState | 'untracked';

/** What is known of a query at no cost. */
export interface CallFacts {
  /** The caller wants ChromaDB and nothing else. */
  readonly forced: boolean;
  /**
   * Milliseconds by which an answer may lack writes that went around Tidegate; 0 wants ChromaDB, undefined
   * takes any.
   */
  readonly maxStalenessMs?: number | undefined;
  readonly mirrorReads: boolean;
  readonly answerCacheReads: boolean;
  readonly staleReads: boolean;
  /** So little work for ChromaDB that answers are not kept. */
  readonly light: boolean;
  readonly mirror: MirrorFact;
}

/** All that a route depends on, gathered before it is decided. */
export interface RouteFacts extends CallFacts {
  /** Milliseconds since the mirror began to read everything; undefined where there is none. */
  readonly mirrorAgeMs?: number | undefined;
  /** Of ChromaDB's reads. */
  readonly breaker: BreakerState;
  /** Of the mirror worker. */
  readonly mirrorBreaker: BreakerState;
  /** How fast the mirror and ChromaDB were of late for this collection. */
  readonly pace?: Pace;
  readonly expectedMs: Readonly<Partial<Record<TrueTier, number>>>;
  /** Looked at only where a mirror could answer: it costs parsing the body. */
  readonly requestKind: () => RequestKind;
}

/** One tier of a plan: whether it may answer, and why or why not. Reasons are stable names. */
export interface PlanStep {
  readonly tier: Tier;
  readonly in: boolean;
  readonly reason: string;
  /** What the tier took of late, in the median; undefined where nothing is known. */
  readonly expectedMs: number | undefined;
}

/** What a stale answer may be taken from. */
export interface StaleRule {
  /** Milliseconds since which writes may be missing in it, at the most. */
  readonly maxAgeMs: number;
  /** The answer cache; else only a mirror that is not served. */
  readonly fromAnswers: boolean;
  readonly fromMirror: boolean;
}

/** What does not depend on the query. */
export interface RoutePolicy extends PacePolicy {
  /** Milliseconds: the oldest that a stale answer may be, whatever its caller allows. */
  readonly staleMaxAgeMs: number;
}

export interface Plan {
  /**
   * Every tier once, in the order in which they are asked. ChromaDB is always in: it is the truth. `stale` is
   * the last, asked only when ChromaDB failed.
   */
  readonly steps: readonly PlanStep[];
  /** To be told to the next decision, see `Pace.mirrorWasSlower`. */
  readonly mirrorSlower: boolean;
  readonly stale: StaleRule;
}

/**
 * Decides which tiers may answer a query, and in which order they are asked: the cheapest first, but ChromaDB
 * before a mirror that was much slower of late.
 */
export function decideRoute(facts: RouteFacts, policy: RoutePolicy): Plan {
  const { pace = NO_PACE, breaker } = facts;
  const cacheBar = answerCacheBar(facts);
  const bar = facts.forced ? 'forced' : mirrorBar(facts);
  const mirrorSlower = isMirrorSlower(pace, policy);
  const order = bar === undefined ? orderOf(facts, pace, policy) : MIRROR_FIRST;
  const chromaReason = breaker === 'open' ? 'breaker-open' : (bar ?? order.chromaReason);
  const cache = step(facts, 'answer-cache', cacheBar === undefined, cacheBar ?? 'cached');
  const mirror = step(facts, 'mirror', bar === undefined, bar ?? order.mirrorReason);
  const chroma = step(facts, 'chroma', true, chromaReason);
  const notStale = staleBar(facts);
  const stale = step(facts, 'stale', notStale === undefined, notStale ?? 'chroma-failed');
  const steps = order.chromaFirst ? [cache, chroma, mirror, stale] : [cache, mirror, chroma, stale];
  return { steps, mirrorSlower, stale: staleRule(facts, policy) };
}

/** Why the answer cache may not answer; undefined when it may. */
export function answerCacheBar(facts: CallFacts): string | undefined {
  if (facts.forced) return 'forced';
  if (facts.light) return 'light';
  if (!facts.answerCacheReads) return 'flag-off';
  // What is in doubt may change at any moment without a new version.
  if (facts.mirror === 'settling') return 'in-doubt';
  if (facts.mirror === 'untracked') return 'untracked';
  // Somebody writes past Tidegate, much and just now.
  if (facts.mirror === 'drifted') return 'mirror-drifted';
  if (facts.maxStalenessMs === 0) return 'too-old';
  return undefined;
}

/** Why no stale answer may be given; undefined when one may, should ChromaDB fail. */
function staleBar(facts: CallFacts): string | undefined {
  if (facts.forced) return 'forced';
  if (!facts.staleReads) return 'flag-off';
  if (facts.mirror === 'untracked') return 'untracked';
  return facts.maxStalenessMs === 0 ? 'too-old' : undefined;
}

/** A tier that is switched off for a caller is not trusted with older answers either. */
function staleRule(facts: CallFacts, { staleMaxAgeMs }: RoutePolicy): StaleRule {
  return {
    maxAgeMs: Math.min(staleMaxAgeMs, facts.maxStalenessMs ?? staleMaxAgeMs),
    fromAnswers: facts.answerCacheReads && !facts.light,
    fromMirror: facts.mirrorReads,
  };
}

/** Whether an answer that is fresh up to so many milliseconds ago may lack more than the caller allows. */
export function isTooOld(ageMs: number | undefined, maxStalenessMs: number | undefined): boolean {
  if (maxStalenessMs === undefined) return false;
  return maxStalenessMs === 0 || ageMs === undefined || ageMs > maxStalenessMs;
}

interface Order {
  readonly chromaFirst: boolean;
  readonly mirrorReason: string;
  readonly chromaReason: string;
}

const MIRROR_FIRST: Order = { chromaFirst: false, mirrorReason: 'warm', chromaReason: 'mirror-failed' };
const MIRROR_SLOWER: Order = { chromaFirst: true, mirrorReason: 'slower', chromaReason: 'slower' };
const TRYING_MIRROR: Order = { ...MIRROR_FIRST, mirrorReason: 'exploring' };
const TRYING_CHROMA: Order = { chromaFirst: true, mirrorReason: 'warm', chromaReason: 'exploring' };

/** The reason of a tier that is asked past its open breaker, as nothing else is left. */
export const PANIC = 'panic';
const MIRROR_AFTER_ALL: Order = { chromaFirst: true, mirrorReason: PANIC, chromaReason: 'mirror-banned' };
const MIRROR_ALONE: Order = { ...MIRROR_FIRST, mirrorReason: PANIC };

/** Of tiers that may answer: one whose breaker is open comes last, but is never left out. */
function orderOf({ breaker, mirrorBreaker }: RouteFacts, pace: Pace, policy: PacePolicy): Order {
  if (breaker === 'open') return mirrorBreaker === 'closed' ? MIRROR_FIRST : MIRROR_ALONE;
  if (mirrorBreaker === 'open') return MIRROR_AFTER_ALL;
  return breaker === 'closed' ? orderByPace(pace, policy) : MIRROR_FIRST;
}

function orderByPace(pace: Pace, policy: PacePolicy): Order {
  const mirrorSlower = isMirrorSlower(pace, policy);
  const exploring = shouldExplore(pace, mirrorSlower, policy);
  if (mirrorSlower) return exploring ? TRYING_MIRROR : MIRROR_SLOWER;
  return exploring ? TRYING_CHROMA : MIRROR_FIRST;
}

function step({ expectedMs }: RouteFacts, tier: Tier, isIn: boolean, reason: string): PlanStep {
  return { tier, in: isIn, reason, expectedMs: tier === 'stale' ? undefined : expectedMs[tier] };
}

function mirrorBar(facts: RouteFacts): string | undefined {
  if (!facts.mirrorReads) return 'flag-off';
  switch (facts.mirror) {
    case 'warm':
      return warmMirrorBar(facts);
    case 'settling':
      return 'in-doubt';
    case 'untracked':
      return 'untracked';
    case 'cold':
    case 'loaded':
    case 'warming':
    case 'catching-up':
    case 'refused':
    case 'drifted':
      return `mirror-${facts.mirror}`;
  }
}

function warmMirrorBar(facts: RouteFacts): string | undefined {
  if (isTooOld(facts.mirrorAgeMs, facts.maxStalenessMs)) return 'too-old';
  const kind = facts.requestKind();
  return kind === 'answerable' ? undefined : kind;
}
