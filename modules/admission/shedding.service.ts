import { Injectable } from '@nestjs/common';
import { LoadMetrics, type ShedReason } from '../telemetry/load-metrics.service.js';
import { Log } from '../telemetry/log.service.js';
import { TidegateError } from '../vector/errors.js';

/** Time between two lines in the log about what one lane sheds. */
const LOG_INTERVAL_MS = 10_000;

interface Told {
  atMs: number;
  since: number;
}

/** Refuses what is too much: makes the error, counts it, and now and then says so in the log. */
@Injectable()
export class Shedding {
  private readonly told = new Map<string, Told>();

  constructor(
    readonly metrics: LoadMetrics,
    private readonly log: Log,
  ) {}

  /**
   * @param lane whose name labels metrics
   * @returns TidegateError `caller-overloaded` for the reason `share`, else `overloaded`
   */
  refusal(lane: string, reason: ShedReason): TidegateError {
    this.metrics.shed(lane, reason);
    this.tell(lane, reason);
    if (reason === 'share') {
      return new TidegateError(
        'caller-overloaded',
        `this caller, or this collection, has its share of what ${lane} takes while others wait`,
        'send fewer requests at a time, and this one again after the time in retry-after',
      );
    }
    return new TidegateError(
      'overloaded',
      `more is asked of ${lane} than it can do (${reason})`,
      'send it again after the time in retry-after, and wait longer each time',
    );
  }

  private tell(lane: string, reason: ShedReason): void {
    const nowMs = performance.now();
    const told = this.told.get(lane) ?? { atMs: Number.NEGATIVE_INFINITY, since: 0 };
    this.told.set(lane, told);
    told.since++;
    if (nowMs - told.atMs < LOG_INTERVAL_MS) return;
    this.log.warn('load-shed', { lane, reason, requests: told.since });
    told.atMs = nowMs;
    told.since = 0;
  }
}
