import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { errors, Pool } from 'undici';
import { Log } from '../telemetry/log.service.js';
import { Metrics, type BreakerState, type CallOutcome } from '../telemetry/metrics.service.js';
import { Breaker } from './breaker.service.js';
import { ChromaAddress } from './chroma-address.service.js';
import { ChromaConfig } from './chroma.config.js';
import { isUnavailable, storeFailure, unreachable } from './store-failure.js';
import type { StoreAnswer, StoreCall } from './store-call.js';
import { requestStore } from './store-request.service.js';

const KEEP_ALIVE_MS = 30_000;

/** An answer that the caller gets and the breaker counts as a failure. */
class UnavailableAnswer extends Error {
  constructor(readonly answer: StoreAnswer) {
    super(`ChromaDB answered ${answer.status}`);
  }
}

/** The one way to ChromaDB: a pool of kept connections behind a breaker. Bodies pass as they are. */
@Injectable()
export class ChromaHttp implements OnApplicationShutdown {
  private pool: { readonly url: string; readonly connections: Pool } | undefined;
  private readonly breaker: Breaker<StoreCall, StoreAnswer>;

  constructor(
    private readonly config: ChromaConfig,
    private readonly address: ChromaAddress,
    private readonly metrics: Metrics,
    log: Log,
  ) {
    this.breaker = new Breaker(
      'chroma',
      config.breaker,
      (call) => this.attempt(call),
      countsAsFailure,
      metrics,
      log,
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.breaker.close();
    await this.pool?.connections.destroy();
  }

  breakerState(): BreakerState {
    return this.breaker.state();
  }

  /**
   * Makes a call and resolves with the answer, or with its headers where the body is still to be read.
   * @throws TidegateError `store-unreachable` (nothing was sent), `store-timeout` or `store-failed`
   */
  async send(call: StoreCall): Promise<StoreAnswer> {
    const started = performance.now();
    let outcome: CallOutcome = 'ok';
    try {
      const answer = await this.throughBreaker(call);
      if (answer.status >= 400) outcome = answer.status >= 500 ? 'failed' : 'refused';
      return answer;
    } catch (error) {
      const failure = storeFailure(error, call.kind);
      outcome = outcomeOf(failure.code, call, this.breaker.state());
      throw failure;
    } finally {
      this.metrics.chromaCall(call.kind, outcome, (performance.now() - started) / 1000);
    }
  }

  private async throughBreaker(call: StoreCall): Promise<StoreAnswer> {
    try {
      // Probes ask whether ChromaDB is there: an open breaker must not answer in its place.
      return await (call.kind === 'probe' ? this.attempt(call) : this.breaker.fire(call));
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

function countsAsFailure(error: unknown): boolean {
  return !(error instanceof errors.RequestAbortedError);
}

function outcomeOf(code: string, call: StoreCall, breaker: BreakerState): CallOutcome {
  if (call.signal?.aborted) return 'aborted';
  if (code === 'store-timeout') return 'timeout';
  return code === 'store-unreachable' && breaker === 'open' ? 'rejected' : 'failed';
}
