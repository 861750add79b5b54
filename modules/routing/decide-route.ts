/** What may answer a query. */
export type Tier = 'answer-cache' | 'mirror' | 'chroma';

/**
 * What a query asks for: what mirrors answer, what has a filter that they do not evaluate, or what
 * only ChromaDB can judge.
 */
export type RequestKind = 'answerable' | 'unsupported-filter' | 'opaque';

export type MirrorFact = 'cold' | 'warming' | 'catching-up' | 'warm' | 'settling' | 'refused' | 'untracked';

/** All that a route depends on, gathered before it is decided. */
export interface RouteFacts {
  /** The caller wants ChromaDB and nothing else. */
  readonly forced: boolean;
  readonly mirrorReads: boolean;
  readonly answerCacheReads: boolean;
  /** So little work for ChromaDB that answers are not kept. */
  readonly light: boolean;
  readonly mirror: MirrorFact;
  /** Looked at only where a mirror could answer: it costs parsing the body. */
  readonly requestKind: () => RequestKind;
}

/** One tier of a plan: whether it may answer, and why or why not. Reasons are stable names. */
export interface PlanStep {
  readonly tier: Tier;
  readonly in: boolean;
  readonly reason: string;
}

/** Every tier, cheapest first. ChromaDB is always in: it is the truth. */
export type Plan = readonly [PlanStep, PlanStep, PlanStep];

/** Decides which tiers may answer a query, and in which order they are asked. */
export function decideRoute(facts: RouteFacts): Plan {
  const cache = step('answer-cache', answerCacheBar(facts), 'cached');
  const mirrorBar = facts.forced ? 'forced' : mirrorOut(facts);
  const mirror = step('mirror', mirrorBar, 'warm');
  return [cache, mirror, { tier: 'chroma', in: true, reason: mirrorBar ?? 'mirror-failed' }];
}

function step(tier: Tier, bar: string | undefined, reason: string): PlanStep {
  return { tier, in: bar === undefined, reason: bar ?? reason };
}

function answerCacheBar(facts: RouteFacts): string | undefined {
  if (facts.forced) return 'forced';
  if (facts.light) return 'light';
  if (!facts.answerCacheReads) return 'flag-off';
  // What is in doubt may change at any moment without a new version.
  if (facts.mirror === 'settling') return 'in-doubt';
  if (facts.mirror === 'untracked') return 'untracked';
  return undefined;
}

function mirrorOut(facts: RouteFacts): string | undefined {
  if (!facts.mirrorReads) return 'flag-off';
  switch (facts.mirror) {
    case 'warm':
      return facts.requestKind() === 'answerable' ? undefined : facts.requestKind();
    case 'settling':
      return 'in-doubt';
    case 'untracked':
      return 'untracked';
    case 'cold':
    case 'warming':
    case 'catching-up':
    case 'refused':
      return `mirror-${facts.mirror}`;
  }
}
