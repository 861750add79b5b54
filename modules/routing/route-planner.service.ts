import { Injectable } from '@nestjs/common';
import { StoreBreakers } from '../chroma/store-breakers.service.js';
import type { FlagName } from '../flags/flag-document.js';
import { Flags } from '../flags/flags.service.js';
import { GuardedMirrors } from '../hot/guarded-mirrors.service.js';
import type { CollectionView } from '../sync/sync.service.js';
import { decideRoute, type CallFacts, type Plan, type RouteFacts, type RoutePolicy } from './decide-route.js';
import { PACE_POLICY, type Pace } from './pace.js';
import type { Query } from './query.js';
import { RoutingConfig } from './routing.config.js';
import { TierPaces } from './tier-paces.store.js';

/** Gathers the facts of a query, and has its route decided. */
@Injectable()
export class RoutePlanner {
  private readonly policy: RoutePolicy;

  constructor(
    config: RoutingConfig,
    private readonly flags: Flags,
    private readonly breakers: StoreBreakers,
    private readonly mirrors: GuardedMirrors,
    private readonly paces: TierPaces,
  ) {
    this.policy = { ...PACE_POLICY, staleMaxAgeMs: config.staleMaxAgeMs };
  }

  /** What is known at no cost; at once where the caller's flags are known. */
  callFacts(query: Query, view: CollectionView | undefined): CallFacts | Promise<CallFacts> {
    const mirrorReads = this.flag('mirror-reads', query);
    const answerCacheReads = this.flag('answer-cache-reads', query);
    const staleReads = this.flag('stale-reads', query);
    const { forced, light, maxStalenessMs } = query;
    const mirror = view?.state ?? 'untracked';
    if (
      typeof mirrorReads === 'boolean' &&
      typeof answerCacheReads === 'boolean' &&
      typeof staleReads === 'boolean'
    ) {
      return { forced, light, maxStalenessMs, mirrorReads, answerCacheReads, staleReads, mirror };
    }
    return Promise.all([mirrorReads, answerCacheReads, staleReads]).then(
      ([forMirror, forCache, forStale]) => ({
        ...{ forced, light, maxStalenessMs, mirror },
        mirrorReads: forMirror,
        answerCacheReads: forCache,
        staleReads: forStale,
      }),
    );
  }

  plan(query: Query, view: CollectionView | undefined, call: CallFacts): Plan {
    const mirror = view?.mirror;
    const plan = this.decide(query, view, call, this.paces.next(mirror));
    this.paces.decided(mirror, plan.mirrorSlower);
    return plan;
  }

  /** The same for an onlooker: it changes no later decision. */
  preview(query: Query, view: CollectionView | undefined, call: CallFacts): Plan {
    return this.decide(query, view, call, this.paces.peek(view?.mirror));
  }

  private decide(query: Query, view: CollectionView | undefined, call: CallFacts, pace: Pace): Plan {
    const freshAtMs = view?.freshAtMs;
    const facts: RouteFacts = {
      ...call,
      mirrorAgeMs: freshAtMs === undefined ? undefined : performance.now() - freshAtMs,
      breaker: this.breakers.state('read'),
      mirrorBreaker: this.mirrors.breakerState(),
      pace,
      expectedMs: this.paces.expectedMs(pace),
      requestKind: () => query.read().kind,
    };
    return decideRoute(facts, this.policy);
  }

  private flag(name: FlagName, { callerKey }: Query): boolean | Promise<boolean> {
    return this.flags.known(name, callerKey) ?? this.flags.isOn(name, callerKey);
  }
}
