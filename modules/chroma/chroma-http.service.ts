import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'undici';
import type { BreakerState } from '../resilience/breaker-options.js';
import { BreakerOpen } from '../resilience/breaker-open.js';
import { Breaker } from '../resilience/breaker.service.js';
import { deadlineExceeded, isPast } from '../resilience/deadline.js';
import { Log } from '../telemetry/log.service.js';
import { Metrics, type CallOutcome } from '../telemetry/metrics.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { ChromaAddress } from './chroma-address.service.js';
import { ChromaConfig } from './chroma.config.js';
import { isUnavailable, storeFailure, unreachable } from './store-failure.js';
import type { BreakerKind, StoreAnswer, StoreCall } from './store-call.js';
import { requestStore } from './store-request.js';

const KEEP_ALIVE_MS = 30_000;

/** An answer that the caller gets and the breaker counts as a failure. */
class UnavailableAnswer extends Error {
  constructor(readonly answer: StoreAnswer) {
    super(`ChromaDB answered ${answer.status}`);
  }
}

/** The one way to ChromaDB: a pool of kept connections, each kind of call behind a breaker of its own. */
@Injectable()
export class ChromaHttp implements OnApplicationShutdown {
  private pool: { readonly url: string; readonly connections: Pool } | undefined;
  private readonly breakers: Readonly<Record<BreakerKind, Breaker<StoreCall, StoreAnswer>>>;

  constructor(
    private readonly config: ChromaConfig,
    private readonly address: ChromaAddress,
    private readonly metrics: Metrics,
    resilience: ResilienceMetrics,
    log: Log,
  ) {
    const breaker = (kind: BreakerKind) =>
      new Breaker<StoreCall, StoreAnswer>(
        `chroma-${kind}`,
        config.breakers[kind],
        (call) => this.attempt(call),
        countsAsFailure,
        resilience,
        log,
      );
    this.breakers = { read: breaker('read'), write: breaker('write'), admin: breaker('admin') };
  }

  async onApplicationShutdown(): Promise<void> {
    for (const breaker of Object.values(this.breakers)) breaker.close();
    await this.pool?.connections.destroy();
  }

  breakerState(kind: BreakerKind): BreakerState {
    return this.breakers[kind].state();
  }

  /** Whether every breaker is closed. */
  isWell(): boolean {
    return Object.values(this.breakers).every((breaker) => breaker.state() === 'closed');
  }

  /** Tells every breaker whether ChromaDB answered a heartbeat. */
  heard(isThere: boolean): void {
    for (const breaker of Object.values(this.breakers)) breaker.heard(isThere);
  }

  /**
   * Makes a call and resolves with the answer, or with its headers where the body is still to be read. A call
   * that reads ends with its signal; one that changes something is never cut short.
   * @throws TidegateError `store-unreachable` or `deadline-exceeded` (nothing was sent), `store-timeout` or
   * `store-failed`; what the signal was aborted with
   */
  async send(call: StoreCall): Promise<StoreAnswer> {
    const started = performance.now();
    if (isPast(call.deadlineMs, started)) throw tooLate();
    let outcome: CallOutcome = 'ok';
    try {
      const answer = await this.throughBreaker(call);
      if (answer.status >= 400) outcome = answer.status >= 500 ? 'failed' : 'refused';
      return answer;
    } catch (error) {
      const failure = storeFailure(error, call.kind);
      outcome = outcomeOf(failure, call);
      throw failure;
    } finally {
      this.metrics.chromaCall(call.kind, outcome, (performance.now() - started) / 1000);
    }
  }

  private async throughBreaker(call: StoreCall): Promise<StoreAnswer> {
    try {
      // Probes ask whether ChromaDB is there: an open breaker must not answer in its place.
      return await (call.kind === 'probe' ? this.attempt(call) : this.breakers[call.kind].fire(call));
    } catch (error) {
      if (error instanceof UnavailableAnswer) return error.answer;
      throw error;
    }
  }

  private async attempt(call: StoreCall): Promise<StoreAnswer> {
    const answer = await requestStore(this.connections(), call);
    if (isUnavailable(answer.status)) throw new UnavailableAnswer(answer);
    return answer;
  }

  /** A restarted ChromaDB has a new address; connections to the old one lead to nobody, or to a stranger. */
  private connections(): Pool {
    const url = this.address.url();
    if (this.pool && this.pool.url === url) return this.pool.connections;
    void this.pool?.connections.destroy();
    this.pool = undefined;
    if (url === undefined) throw unreachable('the embedded ChromaDB is being restarted');
    const connections = new Pool(url, {
      connections: this.config.maxConnections,
      pipelining: 1,
      connect: { timeout: this.config.connectTimeoutMs },
      headersTimeout: this.config.timeoutMs,
      bodyTimeout: this.config.timeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
    });
    this.pool = { url, connections };
    return connections;
  }
}

function tooLate(): TidegateError {
  return deadlineExceeded('the time for this request was over before ChromaDB was asked', 'allow it more');
}

/** What its caller ended tells nothing of ChromaDB, unless it was slow. */
function countsAsFailure(_error: unknown, { signal }: StoreCall): boolean {
  return signal?.aborted !== true;
}

function outcomeOf({ code, cause }: TidegateError, { signal }: StoreCall): CallOutcome {
  if (signal?.aborted) return 'aborted';
  if (code === 'store-timeout') return 'timeout';
  return cause instanceof BreakerOpen ? 'rejected' : 'failed';
}
