import { describe, expect, it } from '@jest/globals';
import { decideRoute, type MirrorFact, type RouteFacts } from './decide-route.js';

const warm: RouteFacts = {
  forced: false,
  light: false,
  mirrorReads: true,
  answerCacheReads: true,
  mirror: 'warm',
  requestKind: () => 'answerable',
};

const route = (facts: Partial<RouteFacts>) => decideRoute({ ...warm, ...facts });

describe('decideRoute', () => {
  it('asks the cheapest tier first when all may answer', () => {
    expect(route({})).toEqual([
      { tier: 'answer-cache', in: true, reason: 'cached' },
      { tier: 'mirror', in: true, reason: 'warm' },
      { tier: 'chroma', in: true, reason: 'mirror-failed' },
    ]);
  });

  it.each(['cold', 'warming', 'catching-up', 'refused'] as MirrorFact[])(
    'leaves a mirror that is %s out',
    (mirror) => {
      const [, step, chroma] = route({ mirror });
      expect(step).toEqual({ tier: 'mirror', in: false, reason: `mirror-${mirror}` });
      expect(chroma).toEqual({ tier: 'chroma', in: true, reason: `mirror-${mirror}` });
    },
  );

  it('serves nothing hot while a write is in doubt', () => {
    const [cache, mirror] = route({ mirror: 'settling' });
    expect([cache.in, mirror.in]).toEqual([false, false]);
    expect(mirror.reason).toBe('in-doubt');
  });

  it('serves nothing hot to a caller who forces ChromaDB', () => {
    expect(route({ forced: true }).map((step) => step.in)).toEqual([false, false, true]);
  });

  it('rolls the tiers out and back one by one', () => {
    expect(route({ mirrorReads: false }).map((step) => step.in)).toEqual([true, false, true]);
    expect(route({ answerCacheReads: false }).map((step) => step.in)).toEqual([false, true, true]);
  });

  it('keeps no answers to what is light', () => {
    expect(route({ light: true }).map((step) => step.in)).toEqual([false, true, true]);
  });

  it.each(['unsupported-filter', 'opaque'] as const)('sends a request that is %s to ChromaDB', (kind) => {
    const [, mirror] = route({ requestKind: () => kind });
    expect(mirror).toEqual({ tier: 'mirror', in: false, reason: kind });
  });

  it('does not look at the request when no mirror could answer it', () => {
    const requestKind = () => {
      throw new Error('parsed for nothing');
    };
    expect(route({ mirror: 'cold', requestKind })[1].in).toBe(false);
  });
});
