import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { BreakerState } from '../resilience/breaker-options.js';
import { Breaker } from '../resilience/breaker.service.js';
import { Log } from '../telemetry/log.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { ChromaConfig } from './chroma.config.js';
import type { BreakerKind, StoreAnswer, StoreCall } from './store-call.js';
import { isUnavailable } from './store-failure.js';

/** An answer that the caller gets and the breaker counts as a failure. */
class UnavailableAnswer extends Error {
  constructor(readonly answer: StoreAnswer) {
    super(`ChromaDB answered ${answer.status}`);
  }
}

/** A call, and how it is made. */
interface Attempt {
  readonly call: StoreCall;
  readonly make: () => Promise<StoreAnswer>;
}

/** The breakers before ChromaDB: reads, writes and administration each have their own. */
@Injectable()
export class StoreBreakers implements OnApplicationShutdown {
  private readonly breakers: Readonly<Record<BreakerKind, Breaker<Attempt, StoreAnswer>>>;

  constructor(config: ChromaConfig, metrics: ResilienceMetrics, log: Log) {
    const breaker = (kind: BreakerKind) =>
      new Breaker<Attempt, StoreAnswer>(
        `chroma-${kind}`,
        config.breakers[kind],
        attempted,
        countsAsFailure,
        metrics,
        log,
      );
    this.breakers = { read: breaker('read'), write: breaker('write'), admin: breaker('admin') };
  }

  onApplicationShutdown(): void {
    for (const breaker of Object.values(this.breakers)) breaker.close();
  }

  state(kind: BreakerKind): BreakerState {
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
   * Makes the call, unless the breaker of its kind is open.
   * @throws BreakerOpen; what the call rejects with
   */
  async through(call: StoreCall, make: () => Promise<StoreAnswer>): Promise<StoreAnswer> {
    // Probes ask whether ChromaDB is there: an open breaker must not answer in its place.
    if (call.kind === 'probe') return make();
    try {
      return await this.breakers[call.kind].fire({ call, make });
    } catch (error) {
      if (error instanceof UnavailableAnswer) return error.answer;
      throw error;
    }
  }
}

async function attempted({ make }: Attempt): Promise<StoreAnswer> {
  const answer = await make();
  if (isUnavailable(answer.status)) throw new UnavailableAnswer(answer);
  return answer;
}

/** What its caller ended tells nothing of ChromaDB, unless it was slow. */
function countsAsFailure(_error: unknown, { call: { signal } }: Attempt): boolean {
  return signal?.aborted !== true;
}
