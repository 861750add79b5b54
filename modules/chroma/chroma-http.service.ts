import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'undici';
import { BreakerOpen } from '../resilience/breaker-open.js';
import { deadlineExceeded, isPast } from '../resilience/deadline.js';
import { Metrics, type CallOutcome } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { ChromaAddress } from './chroma-address.service.js';
import { ChromaConfig } from './chroma.config.js';
import { storeFailure, unreachable } from './store-failure.js';
import { StoreBreakers } from './store-breakers.service.js';
import type { StoreAnswer, StoreCall } from './store-call.js';
import { StoreLanes } from './store-lanes.service.js';
import { requestStore } from './store-request.service.js';

const KEEP_ALIVE_MS = 30_000;

/** The one way to ChromaDB: a pool of kept connections, each kind of call behind a breaker of its own. */
@Injectable()
export class ChromaHttp implements OnApplicationShutdown {
  private pool: { readonly url: string; readonly connections: Pool } | undefined;

  constructor(
    private readonly config: ChromaConfig,
    private readonly address: ChromaAddress,
    private readonly lanes: StoreLanes,
    private readonly breakers: StoreBreakers,
    private readonly metrics: Metrics,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.connections.destroy();
  }

  /**
   * Makes a call when there is room for it, and resolves with the answer, or with its headers where the body
   * is still to be read. A call that reads ends with its signal; one that changes something is never cut
   * short.
   * @throws TidegateError `overloaded`, `caller-overloaded`, `store-unreachable` or `deadline-exceeded`
   * (nothing was sent), `store-timeout` or `store-failed`; what the signal was aborted with
   */
  send(call: StoreCall): Promise<StoreAnswer> {
    return this.lanes.through(call, () => this.sendNow(call));
  }

  private async sendNow(call: StoreCall): Promise<StoreAnswer> {
    const started = performance.now();
    if (isPast(call.deadlineMs, started)) throw tooLate();
    let outcome: CallOutcome = 'ok';
    try {
      const answer = await this.breakers.through(call, () => this.attempt(call));
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

  private async attempt(call: StoreCall): Promise<StoreAnswer> {
    return requestStore(this.connections(), call);
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

function outcomeOf({ code, cause }: TidegateError, { signal }: StoreCall): CallOutcome {
  if (signal?.aborted) return 'aborted';
  if (code === 'store-timeout') return 'timeout';
  return cause instanceof BreakerOpen ? 'rejected' : 'failed';
}
