import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SERVING_STATES } from '../sync/mirror-state.js';
import {
  answerCacheBar,
  decideRoute,
  isTooOld,
  PANIC,
  type MirrorFact,
  type RouteFacts,
  type Tier,
} from './decide-route.js';
import { NO_PACE, PACE_POLICY, type Pace } from './pace.js';

const POLICY = { ...PACE_POLICY, staleMaxAgeMs: 60_000 };

const warm: RouteFacts = {
  light: false,
  forced: false,
  mirrorReads: true,
  answerCacheReads: true,
  staleReads: false,
  mirror: 'warm',
  mirrorAgeMs: 1_000,
  breaker: 'closed',
  mirrorBreaker: 'closed',
  expectedMs: {},
  requestKind: () => 'answerable',
};

const median = (p50Ms: number, count = 64) => ({ count, p50Ms, p95Ms: p50Ms });
const slowMirror: Pace = { ...NO_PACE, mirror: median(100), chroma: median(10) };
const slowMirrorOnly: Pace = { ...NO_PACE, mirror: median(100) };

const plan = (facts: Partial<RouteFacts>) => decideRoute({ ...warm, ...facts }, POLICY);
/** Each tier with its reason, in order; those that are out in brackets. */
const route = (facts: Partial<RouteFacts>) =>
  plan(facts)
    .steps.filter(({ tier }) => tier !== 'stale')
    .map(({ tier, in: isIn, reason }) => (isIn ? `${tier}: ${reason}` : `(${tier}: ${reason})`))
    .join(', ');

describe('decideRoute', () => {
  const cached = 'answer-cache: cached';
  const table: [string, Partial<RouteFacts>, string][] = [
    ['all may answer', {}, `${cached}, mirror: warm, chroma: mirror-failed`],
    ['forced', { forced: true }, '(answer-cache: forced), (mirror: forced), chroma: forced'],
    ['mirror-reads off', { mirrorReads: false }, `${cached}, (mirror: flag-off), chroma: flag-off`],
    [
      'answer-cache-reads off',
      { answerCacheReads: false },
      '(answer-cache: flag-off), mirror: warm, chroma: mirror-failed',
    ],
    ['light', { light: true }, '(answer-cache: light), mirror: warm, chroma: mirror-failed'],
    ['cold', { mirror: 'cold' }, `${cached}, (mirror: mirror-cold), chroma: mirror-cold`],
    ['warming', { mirror: 'warming' }, `${cached}, (mirror: mirror-warming), chroma: mirror-warming`],
    [
      'catching up',
      { mirror: 'catching-up' },
      `${cached}, (mirror: mirror-catching-up), chroma: mirror-catching-up`,
    ],
    ['refused', { mirror: 'refused' }, `${cached}, (mirror: mirror-refused), chroma: mirror-refused`],
    [
      'drifted',
      { mirror: 'drifted' },
      '(answer-cache: mirror-drifted), (mirror: mirror-drifted), chroma: mirror-drifted',
    ],
    ['in doubt', { mirror: 'settling' }, '(answer-cache: in-doubt), (mirror: in-doubt), chroma: in-doubt'],
    [
      'untracked',
      { mirror: 'untracked' },
      '(answer-cache: untracked), (mirror: untracked), chroma: untracked',
    ],
    [
      'a filter that mirrors do not evaluate',
      { requestKind: () => 'unsupported-filter' },
      `${cached}, (mirror: unsupported-filter), chroma: unsupported-filter`,
    ],
    ['opaque', { requestKind: () => 'opaque' }, `${cached}, (mirror: opaque), chroma: opaque`],
    [
      'no staleness allowed',
      { maxStalenessMs: 0, mirrorAgeMs: 0 },
      '(answer-cache: too-old), (mirror: too-old), chroma: too-old',
    ],
    ['a mirror older than allowed', { maxStalenessMs: 999 }, `${cached}, (mirror: too-old), chroma: too-old`],
    [
      'a mirror as old as allowed',
      { maxStalenessMs: 1_000 },
      `${cached}, mirror: warm, chroma: mirror-failed`,
    ],
    ['an open breaker', { breaker: 'open' }, `${cached}, mirror: warm, chroma: breaker-open`],
    [
      'an open breaker and no mirror',
      { breaker: 'open', mirror: 'cold' },
      `${cached}, (mirror: mirror-cold), chroma: breaker-open`,
    ],
    ['a slow mirror', { pace: slowMirror }, `${cached}, chroma: slower, mirror: slower`],
    [
      'a slow mirror and an open breaker',
      { pace: slowMirror, breaker: 'open' },
      `${cached}, mirror: warm, chroma: breaker-open`,
    ],
    [
      'a slow mirror and a breaker that probes',
      { pace: slowMirror, breaker: 'half-open' },
      `${cached}, mirror: warm, chroma: mirror-failed`,
    ],
    [
      "the mirror worker's breaker open",
      { mirrorBreaker: 'open' },
      `${cached}, chroma: mirror-banned, mirror: panic`,
    ],
    ["the mirror worker's breaker half-open", { mirrorBreaker: 'half-open' }, route({})],
    [
      'both breakers open',
      { breaker: 'open', mirrorBreaker: 'open' },
      `${cached}, mirror: panic, chroma: breaker-open`,
    ],
    [
      "ChromaDB's breaker open, the mirror worker's half-open",
      { breaker: 'open', mirrorBreaker: 'half-open' },
      `${cached}, mirror: panic, chroma: breaker-open`,
    ],
    [
      "the mirror worker's breaker open, ChromaDB probing",
      { breaker: 'half-open', mirrorBreaker: 'open' },
      `${cached}, chroma: mirror-banned, mirror: panic`,
    ],
    [
      'a mirror that is in doubt, and both breakers open',
      { mirror: 'settling', breaker: 'open', mirrorBreaker: 'open' },
      '(answer-cache: in-doubt), (mirror: in-doubt), chroma: breaker-open',
    ],
    [
      'a slow mirror, tried again',
      { pace: { ...slowMirror, explorationDue: true } },
      `${cached}, mirror: exploring, chroma: mirror-failed`,
    ],
    [
      'a ChromaDB of which too little is known, tried',
      { pace: { ...slowMirrorOnly, explorationDue: true } },
      `${cached}, chroma: exploring, mirror: warm`,
    ],
    [
      'a mirror of a snapshot',
      { mirror: 'loaded' },
      `${cached}, (mirror: mirror-loaded), chroma: mirror-loaded`,
    ],
    ['a slow mirror that is cold', { pace: slowMirror, mirror: 'cold' }, route({ mirror: 'cold' })],
  ];

  it.each(table)('%s', (_, facts, expected) => {
    expect(route(facts)).toBe(expected);
  });

  it('does not look at the request when no mirror could answer it', () => {
    const requestKind = () => {
      throw new Error('parsed for nothing');
    };
    for (const facts of [{ mirror: 'cold' as const }, { forced: true }, { maxStalenessMs: 0 }]) {
      expect(plan({ ...facts, requestKind }).steps[1]?.in).toBe(false);
    }
  });

  it('tells what each tier is expected to take', () => {
    const { steps } = plan({ expectedMs: { mirror: 2, chroma: 9 } });
    expect(steps.map(({ expectedMs }) => expectedMs)).toEqual([undefined, 2, 9, undefined]);
  });
});

describe('decideRoute, for all facts', () => {
  const reading = fc
    .tuple(fc.nat(64), fc.double({ min: 0, max: 1_000, noNaN: true }))
    .map(([count, ms]) => (count === 0 ? NO_PACE.mirror : median(ms, count)));
  const STATES = ['closed', 'half-open', 'open'] as const;
  const mirrors: MirrorFact[] = [...SERVING_STATES, 'untracked'];
  const anyFacts: fc.Arbitrary<RouteFacts> = fc.record({
    forced: fc.boolean(),
    light: fc.boolean(),
    maxStalenessMs: fc.option(fc.nat(2_000), { nil: undefined }),
    mirrorReads: fc.boolean(),
    answerCacheReads: fc.boolean(),
    staleReads: fc.boolean(),
    mirror: fc.constantFrom(...mirrors),
    mirrorAgeMs: fc.option(fc.nat(2_000), { nil: undefined }),
    breaker: fc.constantFrom(...STATES),
    mirrorBreaker: fc.constantFrom(...STATES),
    pace: fc.record({
      mirror: reading,
      chroma: reading,
      mirrorWasSlower: fc.boolean(),
      explorationDue: fc.boolean(),
    }),
    expectedMs: fc.constant({}),
    requestKind: fc
      .constantFrom('answerable' as const, 'unsupported-filter' as const, 'opaque' as const)
      .map((kind) => () => kind),
  });
  const holds = (property: (facts: RouteFacts) => boolean | void) => {
    fc.assert(fc.property(anyFacts, property), { numRuns: 2_000 });
  };
  const stepsOf = (facts: RouteFacts) => decideRoute(facts, POLICY).steps;
  const inOrder = (facts: RouteFacts): Tier[] =>
    stepsOf(facts).flatMap((step) => (step.in ? [step.tier] : []));

  it('has each tier once, and ChromaDB always in', () => {
    holds((facts) => {
      const tiers = stepsOf(facts).map(({ tier }) => tier);
      expect([...tiers].sort()).toEqual(['answer-cache', 'chroma', 'mirror', 'stale']);
      expect(tiers.at(-1)).toBe('stale');
      expect(inOrder(facts)).toContain('chroma');
    });
  });

  it('gives every step a reason in kebab case', () => {
    holds((facts) => stepsOf(facts).every(({ reason }) => /^[a-z]+(-[a-z]+)*$/.test(reason)));
  });

  it.each<[string, (facts: RouteFacts) => RouteFacts]>([
    ['forced', (facts) => ({ ...facts, forced: true })],
    ['no staleness allowed', (facts) => ({ ...facts, maxStalenessMs: 0 })],
    ['settling', (facts) => ({ ...facts, mirror: 'settling', staleReads: false })],
    ['untracked', (facts) => ({ ...facts, mirror: 'untracked' })],
    ['flags off', (facts) => ({ ...facts, mirrorReads: false, answerCacheReads: false, staleReads: false })],
  ])('leaves only ChromaDB: %s', (_, narrowed) => {
    holds((facts) => {
      expect(inOrder(narrowed(facts))).toEqual(['chroma']);
    });
  });

  it('has the mirror in only when it is warm, fresh enough, switched on, and can read the request', () => {
    holds((facts) => {
      const able = facts.mirror === 'warm' && facts.mirrorReads && facts.requestKind() === 'answerable';
      const wanted = !facts.forced && !isTooOld(facts.mirrorAgeMs, facts.maxStalenessMs);
      expect(inOrder(facts).includes('mirror')).toBe(able && wanted);
    });
  });

  it('asks the answer cache first, and by the same rule as when it is asked alone', () => {
    holds((facts) => {
      const [first] = stepsOf(facts);
      expect(first?.tier).toBe('answer-cache');
      expect(first?.in).toBe(answerCacheBar(facts) === undefined);
    });
  });

  it('asks ChromaDB last, but for stale answers, while its breaker is open', () => {
    holds((facts) => facts.breaker !== 'open' || stepsOf(facts).at(-2)?.tier === 'chroma');
  });

  it('leaves no tier out for its breaker, whatever the other one does', () => {
    holds((facts) => {
      const well = inOrder({ ...facts, breaker: 'closed', mirrorBreaker: 'closed' });
      expect([...inOrder(facts)].sort()).toEqual([...well].sort());
    });
  });

  it('heeds the breaker of the mirror worker only while ChromaDB may still answer', () => {
    holds((facts) => {
      const mirror = stepsOf(facts).find(({ tier }) => tier === 'mirror');
      const banned = mirror?.in === true && facts.mirrorBreaker === 'open';
      const alone = mirror?.in === true && facts.mirrorBreaker !== 'closed' && facts.breaker === 'open';
      expect(mirror?.reason === PANIC).toBe(banned || alone);
    });
  });

  it('puts ChromaDB before the mirror only where the mirror was slow, or fails', () => {
    holds((facts) => {
      if (facts.mirrorBreaker === 'open') return;
      const [, second] = inOrder({ ...facts, light: false, answerCacheReads: true });
      const overtaken = second === 'chroma' && inOrder(facts).includes('mirror');
      expect(!overtaken || (facts.pace?.mirror.p50Ms ?? 0) > PACE_POLICY.fastEnoughMs).toBe(true);
    });
  });

  it('keeps its mind while nothing changes', () => {
    holds((facts) => {
      const { pace = NO_PACE } = facts;
      const first = decideRoute(facts, POLICY).mirrorSlower;
      const again = { ...facts, pace: { ...pace, mirrorWasSlower: first } };
      expect(decideRoute(again, POLICY).mirrorSlower).toBe(first);
    });
  });
});

describe('decideRoute, stale answers', () => {
  const on = { staleReads: true };
  it.each<[string, Partial<RouteFacts>, boolean, string]>([
    ['the flag is off', {}, false, 'flag-off'],
    ['the flag is on', on, true, 'chroma-failed'],
    ['the breaker is open', { ...on, breaker: 'open' }, true, 'chroma-failed'],
    ['a write is in doubt', { ...on, mirror: 'settling' }, true, 'chroma-failed'],
    ['the mirror is that of a snapshot', { ...on, mirror: 'loaded' }, true, 'chroma-failed'],
    ['ChromaDB is forced', { ...on, forced: true }, false, 'forced'],
    ['the collection is not tracked', { ...on, mirror: 'untracked' }, false, 'untracked'],
    ['the caller allows no age', { ...on, maxStalenessMs: 0 }, false, 'too-old'],
  ])('when %s', (_, facts, isIn, reason) => {
    expect(plan(facts).steps.at(-1)).toMatchObject({ tier: 'stale', in: isIn, reason });
  });

  it.each([
    [undefined, POLICY.staleMaxAgeMs],
    [5, 5],
    [POLICY.staleMaxAgeMs + 1, POLICY.staleMaxAgeMs],
  ])('are at most as old as policy and caller (%p) allow', (maxStalenessMs, maxAgeMs) => {
    expect(plan({ ...on, maxStalenessMs }).stale.maxAgeMs).toBe(maxAgeMs);
  });

  it.each<[string, Partial<RouteFacts>, boolean, boolean]>([
    ['both', {}, true, true],
    ['no answers where the answer cache is off', { answerCacheReads: false }, false, true],
    ['no answers to what is light', { light: true }, false, true],
    ['no mirror where mirrors are off', { mirrorReads: false }, true, false],
  ])('come from %s', (_, facts, fromAnswers, fromMirror) => {
    expect(plan({ ...on, ...facts }).stale).toMatchObject({ fromAnswers, fromMirror });
  });
});

describe('isTooOld', () => {
  it.each([
    [undefined, undefined, false],
    [5, undefined, false],
    [0, 0, true],
    [5, 5, false],
    [6, 5, true],
    [undefined, 5, true],
  ])('age %p, at most %p: %p', (ageMs, maxStalenessMs, expected) => {
    expect(isTooOld(ageMs, maxStalenessMs)).toBe(expected);
  });
});
