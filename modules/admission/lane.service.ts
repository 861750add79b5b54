import type { EndSignal } from '../vector/end-signal.js';
import type { ShedReason } from '../telemetry/load-metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { AdaptiveLimit, type LimitBounds } from './adaptive-limit.js';
import { Bulkhead, type Claim, type Place, type Refusal } from './bulkhead.js';
import type { WorkClass } from './quiet-latencies.js';
import { Shedding } from './shedding.service.js';

/** The limit of a lane before it has seen anything. */
const FIRST_LIMIT_CALLS = 16;
/** Part of a call's duration that goes into the average by which waits are foreseen. */
const DURATION_WEIGHT = 0.1;
/** Part of the longest wait that may be foreseen for the last in the queue: few shall wait in vain. */
const FORESEEN_PART = 0.5;
/** Part of the limit that calls take which another tier could answer. */
const SPARE_PART = 1 / 8;

export interface LaneOptions {
  /** Its name in metrics and errors. */
  readonly name: string;
  readonly limits: LimitBounds;
  /** Calls that may wait. */
  readonly queueMax: number;
  /** Milliseconds for which a call may wait. */
  readonly waitMs: number;
  /** Percent of limit and queue that one caller, or one collection, may hold while others hold something. */
  readonly sharePercent: number;
}

/** What a call allows. */
export interface EntryOptions {
  /**
   * `at-once`: it goes at once or not at all. `spare`: likewise, and only while next to nothing is under way:
   * those who depend on this lane shall not feel it. Undefined: it may wait.
   */
  readonly room?: 'at-once' | 'spare' | undefined;
  /** Milliseconds of the monotonic clock: it does not wait beyond. */
  readonly deadlineMs?: number | undefined;
  /** It does not wait any more when this ends. */
  readonly signal?: EndSignal | undefined;
}

/** A call under way in a lane. Must be handed back exactly once. */
export interface Ticket {
  /** @param work what it was, where its duration tells how loaded the server is */
  leave(work?: WorkClass): void;
}

/** Lets calls of one kind to one tier through: a limit of calls under way, with a bounded queue before it. */
export class Lane {
  private readonly bulkhead: Bulkhead;
  private readonly limit: AdaptiveLimit;
  /** What a call takes of late. */
  private durationMs = 0;

  constructor(
    private readonly options: LaneOptions,
    private readonly shedding: Shedding,
  ) {
    const { name, limits, sharePercent } = options;
    this.bulkhead = new Bulkhead(sharePercent / 100);
    this.limit = new AdaptiveLimit(limits, FIRST_LIMIT_CALLS, performance.now());
    shedding.metrics.watchLane(name, () => ({
      limit: this.limit.at(performance.now()),
      underWay: this.bulkhead.underWay,
      waiting: this.bulkhead.waiting,
    }));
  }

  /**
   * @returns the ticket, at once where there is room
   * @throws TidegateError `overloaded` or `caller-overloaded`, at once or when it has waited in vain
   */
  enter(claim: Claim, entry: EntryOptions): Ticket | Promise<Ticket> {
    const nowMs = performance.now();
    const whole = this.limit.at(nowMs);
    const limit = entry.room === 'spare' ? Math.ceil(whole * SPARE_PART) : whole;
    const mayWait = entry.room === undefined && this.foreseenMs(limit) <= leftMs(entry, nowMs);
    const place = this.bulkhead.enter(claim, { limit, queue: this.queueRoom(limit) }, mayWait);
    if (typeof place === 'string') throw this.refusal(place);
    return place.isWaiting ? new Wait(this, place, entry, nowMs).ticket() : this.ticket(place, nowMs);
  }

  /** The ticket of a call that goes now. */
  ticket(place: Place, startedMs: number): Ticket {
    const underWayThen = this.bulkhead.underWay;
    return {
      leave: (work) => {
        const underWay = Math.max(underWayThen, this.bulkhead.underWay);
        const tookMs = performance.now() - startedMs;
        if (work) {
          this.durationMs += DURATION_WEIGHT * (tookMs - this.durationMs);
          this.limit.ended({ work, startedMs, underWay, tookMs });
        }
        this.bulkhead.end(place);
        this.bulkhead.proceed(this.limit.at(startedMs + tookMs));
      },
    };
  }

  withdraw(place: Place): void {
    this.bulkhead.withdraw(place);
  }

  waited(ms: number): void {
    this.shedding.metrics.waited(this.options.name, ms / 1000);
  }

  refusal(reason: Refusal | ShedReason): TidegateError {
    return this.shedding.refusal(this.options.name, reason);
  }

  /** Milliseconds that a call may wait. */
  get waitMs(): number {
    return this.options.waitMs;
  }

  /**
   * Calls that may wait and still be on their way in time, by Little's law: refused are the others, at once.
   */
  private queueRoom(limit: number): number {
    const { queueMax, waitMs } = this.options;
    if (this.durationMs === 0) return queueMax;
    return Math.min(queueMax, Math.ceil((FORESEEN_PART * waitMs * limit) / this.durationMs));
  }

  /** Milliseconds that a call would wait behind those that wait now. */
  private foreseenMs(limit: number): number {
    return (this.bulkhead.waiting * this.durationMs) / limit;
  }
}

function leftMs({ deadlineMs }: EntryOptions, nowMs: number): number {
  return (deadlineMs ?? Number.POSITIVE_INFINITY) - nowMs;
}

/** One call that waits for a place. */
class Wait {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly lane: Lane,
    private readonly place: Place,
    private readonly entry: EntryOptions,
    private readonly sinceMs: number,
  ) {}

  ticket(): Promise<Ticket> {
    const { lane, place, entry, sinceMs } = this;
    return new Promise((resolve, reject) => {
      const giveUp = (error: TidegateError) => {
        lane.withdraw(place);
        this.end();
        reject(error);
      };
      place.decided = (refusal) => {
        this.end();
        if (refusal === undefined) resolve(lane.ticket(place, performance.now()));
        else reject(lane.refusal(refusal));
      };
      const ms = Math.min(lane.waitMs, leftMs(entry, sinceMs));
      this.timer = setTimeout(() => {
        giveUp(lane.refusal('waited'));
      }, ms);
      this.gone = () => {
        giveUp(new TidegateError('overloaded', 'the caller went away while it waited', 'send it again'));
      };
      entry.signal?.addEventListener('abort', this.gone, { once: true });
      if (entry.signal?.aborted === true) this.gone();
    });
  }

  private gone = (): void => undefined;

  private end(): void {
    clearTimeout(this.timer);
    this.entry.signal?.removeEventListener('abort', this.gone);
    this.lane.waited(performance.now() - this.sinceMs);
  }
}
