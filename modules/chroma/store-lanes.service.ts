import { Injectable } from '@nestjs/common';
import { Lane } from '../admission/lane.service.js';
import { Shedding } from '../admission/shedding.service.js';
import { TidegateError } from '../vector/errors.js';
import { workOf } from './call-work.js';
import { ChromaConfig } from './chroma.config.js';
import type { CallKind, StoreAnswer, StoreCall } from './store-call.js';

/** Tidegate's own calls that may wait: each collection has a few at most, and is waited for by a job. */
const OWN_QUEUE_CALLS = 10_000;
/** Its own jobs are no competitors. */
const ALL_PERCENT = 100;

/**
 * What ChromaDB is given at one time, in lanes that cannot starve each other: the reads, writes and
 * administration of callers, and Tidegate's own reads, which keep mirrors equal. Probes are always let
 * through.
 */
@Injectable()
export class StoreLanes {
  private readonly lanes: Record<Exclude<CallKind, 'probe'>, Lane>;
  private readonly own: Lane;

  constructor(config: ChromaConfig, shedding: Shedding) {
    const { admission, timeoutMs } = config;
    const { minCalls: min, maxCalls: max, ownCalls, queueMax, queueMs: waitMs, sharePercent } = admission;
    const lane = (kind: string) =>
      new Lane({ name: `chroma-${kind}`, limits: { min, max }, queueMax, waitMs, sharePercent }, shedding);
    this.lanes = { read: lane('read'), write: lane('write'), admin: lane('admin') };
    const own = { limits: { min: ownCalls, max: ownCalls }, queueMax: OWN_QUEUE_CALLS, waitMs: timeoutMs };
    this.own = new Lane({ name: 'chroma-own', sharePercent: ALL_PERCENT, ...own }, shedding);
  }

  /**
   * Makes a call when there is room for it. It has its place until ChromaDB's headers are there, or it
   * failed.
   * @throws TidegateError `overloaded` or `caller-overloaded`: nothing was sent
   */
  async through(call: StoreCall, make: () => Promise<StoreAnswer>): Promise<StoreAnswer> {
    if (call.kind === 'probe') return make();
    const lane = call.caller === undefined ? this.own : this.lanes[call.kind];
    const entered = lane.enter({ caller: call.caller, collection: call.collection }, call);
    const ticket = entered instanceof Promise ? await entered : entered;
    let telling = false;
    try {
      const answer = await make();
      telling = answer.status < 400;
      return answer;
    } catch (error) {
      telling = error instanceof TidegateError && error.code === 'store-timeout';
      throw error;
    } finally {
      // What was refused, reset or aborted says nothing about how loaded ChromaDB is.
      ticket.leave(telling ? workOf(call) : undefined);
    }
  }
}
