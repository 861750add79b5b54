import { Injectable } from '@nestjs/common';
import { Lane, type Ticket } from '../admission/lane.service.js';
import type { WorkClass } from '../admission/quiet-latencies.js';
import { Shedding } from '../admission/shedding.service.js';
import { TidegateError } from '../vector/errors.js';
import { workOf } from './call-work.js';
import { ChromaConfig } from './chroma.config.js';
import type { CallKind, StoreAnswer, StoreCall } from './store-call.js';

/** Tidegate's own calls that may wait: each collection has a few at most, and is waited for by a job. */
const OWN_QUEUE_CALLS = 10_000;
/** Its own jobs are no competitors. */
const ALL_PERCENT = 100;

/** A place in a lane. It is given back once: at its call's end, or at the deadline where that comes first. */
class HeldPlace {
  private readonly timer: NodeJS.Timeout | undefined;
  private isHeld = true;

  /** A read ends at its deadline by itself. */
  constructor(
    private readonly ticket: Ticket,
    { kind, deadlineMs }: StoreCall,
  ) {
    if (deadlineMs === undefined || kind === 'read') return;
    const leave = () => {
      this.leave(undefined);
    };
    this.timer = setTimeout(leave, deadlineMs - performance.now()).unref();
  }

  leave(work: WorkClass | undefined): void {
    if (this.isHeld) this.ticket.leave(work);
    this.isHeld = false;
    clearTimeout(this.timer);
  }
}

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
    const { minCalls: min, maxCalls: max, ownCalls, queueMax, sharePercent } = admission;
    const lane = (kind: string, waitMs: number) =>
      new Lane({ name: `chroma-${kind}`, limits: { min, max }, queueMax, waitMs, sharePercent }, shedding);
    const { queueMs, writeQueueMs } = admission;
    // ChromaDB makes writes wait as well, and a write that is refused may be lost with its caller.
    this.lanes = {
      read: lane('read', queueMs),
      write: lane('write', writeQueueMs),
      admin: lane('admin', writeQueueMs),
    };
    const own = { limits: { min: ownCalls, max: ownCalls }, queueMax: OWN_QUEUE_CALLS, waitMs: timeoutMs };
    this.own = new Lane({ name: 'chroma-own', sharePercent: ALL_PERCENT, ...own }, shedding);
  }

  /**
   * Makes a call when there is room for it. It has its place until it ended, or nobody waits for it any more:
   * a write goes on after its deadline, and a ChromaDB that never answers must not keep all places.
   * @throws TidegateError `overloaded` or `caller-overloaded`: nothing was sent
   */
  async through(call: StoreCall, make: () => Promise<StoreAnswer>): Promise<StoreAnswer> {
    if (call.kind === 'probe') return make();
    const lane = call.caller === undefined ? this.own : this.lanes[call.kind];
    const entered = lane.enter({ caller: call.caller, collection: call.collection }, call);
    const ticket = entered instanceof Promise ? await entered : entered;
    const place = new HeldPlace(ticket, call);
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
      place.leave(telling ? workOf(call) : undefined);
    }
  }
}
