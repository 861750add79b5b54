import CircuitBreaker from 'opossum';
import { Log } from '../telemetry/log.service.js';
import { Metrics, type BreakerState } from '../telemetry/metrics.service.js';
import type { BreakerOptions } from './chroma.config.js';

const BUCKETS = 10;

/**
 * A circuit breaker around one kind of asynchronous call. Whoever calls decides what counts as a failure by
 * what the call rejects with; while the breaker is open, calls reject at once with the code `EOPENBREAKER`.
 */
export class Breaker<In, Out> {
  private readonly circuit: CircuitBreaker<[In], Out>;

  constructor(
    private readonly name: string,
    options: BreakerOptions,
    call: (input: In) => Promise<Out>,
    isFailure: (error: unknown) => boolean,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {
    this.circuit = new CircuitBreaker<[In], Out>(call, {
      name,
      // Deadlines are the caller's: one timer a call is enough.
      timeout: false,
      volumeThreshold: options.minCalls,
      errorThresholdPercentage: options.errorPercent,
      resetTimeout: options.resetMs,
      rollingCountTimeout: options.windowMs,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      capacity: Number.MAX_SAFE_INTEGER,
      errorFilter: (error: unknown) => !isFailure(error),
      allowWarmUp: false,
      cache: false,
      autoRenewAbortController: false,
      enableSnapshots: false,
      enabled: true,
    });
    this.circuit.on('open', () => {
      this.moved('open');
    });
    this.circuit.on('halfOpen', () => {
      this.moved('half-open');
    });
    this.circuit.on('close', () => {
      this.moved('closed');
    });
    metrics.breaker(name, 'closed');
  }

  fire(input: In): Promise<Out> {
    return this.circuit.fire(input);
  }

  state(): BreakerState {
    if (this.circuit.halfOpen) return 'half-open';
    return this.circuit.opened ? 'open' : 'closed';
  }

  close(): void {
    this.circuit.shutdown();
  }

  private moved(state: BreakerState): void {
    this.metrics.breaker(this.name, state);
    this.log.warn('breaker-moved', { breaker: this.name, state });
  }
}
