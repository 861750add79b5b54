import { Injectable } from '@nestjs/common';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { isPast } from '../resilience/deadline.js';
import { abortSignalOf } from '../vector/end-signal.js';
import { RetryBudget } from '../resilience/retry-budget.js';
import { retryPauseMs } from '../resilience/retry-pause.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { ChromaHttp } from './chroma-http.service.js';
import { ChromaConfig } from './chroma.config.js';
import { hedgedRead, type Hedge } from './hedged-read.js';
import { discardAnswer } from './read-answer.js';
import type { StoreAnswer, StoreCall } from './store-call.js';
import { isPassing, isUnavailable } from './store-failure.js';

type Tried = PromiseSettledResult<StoreAnswer>;

/**
 * Callers' reads of ChromaDB, the one layer that repeats anything: what failed in passing, a few times,
 * within the call's deadline and the budget of all; where it is configured also what is late, from the same
 * budget. Tidegate's own jobs have their own patience and call
 * past it.
 */
@Injectable()
export class ChromaReads {
  private readonly budget: RetryBudget;
  private readonly hedge: Hedge;

  constructor(
    private readonly config: ChromaConfig,
    private readonly http: ChromaHttp,
    private readonly metrics: ResilienceMetrics,
  ) {
    this.budget = new RetryBudget(config.retries.budget);
    this.hedge = {
      afterMs: config.retries.hedgeAfterMs,
      mayBegin: () => this.budget.take(performance.now()),
      won: () => {
        metrics.retry('overtook');
      },
    };
  }

  /** As `ChromaHttp.send`, for a call of kind `read`; one whose body is a stream is made once. */
  async send(call: StoreCall): Promise<StoreAnswer> {
    this.budget.request(performance.now());
    for (let retry = 1; ; retry++) {
      const [tried] = await Promise.allSettled([this.ask(call)]);
      const failed = hasFailed(tried);
      if (retry > 1) this.metrics.retry(failed ? 'failed' : 'mended');
      const again = failed && mayRepeat(tried, call) && (await this.pause(call, retry));
      if (!again) return ended(tried);
      if (tried.status === 'fulfilled') discardAnswer(tried.value);
    }
  }

  private ask(call: StoreCall): Promise<StoreAnswer> {
    if (call.body instanceof Readable) return this.http.send(call);
    return hedgedRead(call, (each) => this.http.send(each), this.hedge);
  }

  /** Waits for the turn of the n-th retry. @returns false when there is none */
  private async pause({ deadlineMs, signal }: StoreCall, retry: number): Promise<boolean> {
    const nowMs = performance.now();
    const pauseMs = retryPauseMs(retry, Math.random(), this.config.retries);
    if (pauseMs === undefined) return false;
    if (isPast(deadlineMs, nowMs + pauseMs)) {
      this.metrics.retry('no-time');
      return false;
    }
    if (!this.budget.take(nowMs)) {
      this.metrics.retry('no-budget');
      return false;
    }
    try {
      await pause(pauseMs, undefined, signal && { signal: abortSignalOf(signal) });
      return true;
    } catch {
      // Nobody waits for the answer any more.
      return false;
    }
  }
}

function hasFailed(tried: Tried): boolean {
  return tried.status === 'rejected' || isUnavailable(tried.value.status);
}

function mayRepeat(tried: Tried, { body, signal }: StoreCall): boolean {
  if (body instanceof Readable || signal?.aborted === true) return false;
  return tried.status === 'fulfilled' || isPassing(tried.reason);
}

function ended(tried: Tried): StoreAnswer {
  if (tried.status === 'rejected') throw tried.reason;
  return tried.value;
}
