import { Injectable } from '@nestjs/common';
import { Lane } from '../admission/lane.service.js';
import { Shedding } from '../admission/shedding.service.js';
import { workOf } from '../chroma/call-work.js';
import { TidegateError } from '../vector/errors.js';
import type { Query } from './query.js';
import { RoutingConfig } from './routing.config.js';

/**
 * Searches handed to the mirror worker at one time: one thread works on them, so a few keep it busy, and the
 * others wait here, where they can be told apart by caller and collection. Of large ones fewer are enough.
 */
const WORKER_SEARCHES = { min: 2, max: 16 };

/** The way to the mirror worker: bounded, and shared fairly. */
@Injectable()
export class MirrorLane {
  private readonly lane: Lane;

  constructor(config: RoutingConfig, shedding: Shedding) {
    const { maxQueuedSearches: queueMax, searchQueueMs: waitMs, sharePercent } = config;
    const limits = WORKER_SEARCHES;
    this.lane = new Lane({ name: 'mirror', limits, queueMax, waitMs, sharePercent }, shedding);
  }

  /**
   * @returns what the search gives; `mirror-busy` when there is no room for it
   * @throws TidegateError `caller-overloaded`: others wait, and this caller or collection has its share
   */
  async through<T>({ callerKey: caller, target, call }: Query, search: () => Promise<T>) {
    let entered;
    try {
      const { deadlineMs } = call;
      entered = this.lane.enter({ caller, collection: target?.id }, { deadlineMs });
      if (entered instanceof Promise) entered = await entered;
    } catch (error) {
      if (error instanceof TidegateError && error.code === 'overloaded') return 'mirror-busy' as const;
      throw error;
    }
    try {
      return await search();
    } finally {
      entered.leave(workOf(call));
    }
  }
}
