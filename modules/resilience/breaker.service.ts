import CircuitBreaker from 'opossum';
import { Log } from '../telemetry/log.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { BreakerOpen } from './breaker-open.js';
import { openTimeMs, type BreakerOptions, type BreakerState } from './breaker-options.js';

const BUCKETS = 10;
/** opossum never half-opens by itself: the longest that a timer takes. */
const NEVER_MS = 2 ** 31 - 1;

/** A call that took too long, for the count; what came of it is handed on. */
class SlowCall<Out> extends Error {
  constructor(readonly outcome: Promise<Out>) {
    super('slow');
  }
}

/**
 * A circuit breaker around one kind of asynchronous call. While it is closed, opossum counts: one circuit the
 * failed calls, another one around it the slow ones. Half-open and open are this class's own, as opossum
 * knows only one probe at a time. Whoever calls decides what counts as a failure.
 */
export class Breaker<In, Out> {
  private current: BreakerState = 'closed';
  private circuits: readonly CircuitBreaker<[In], Out>[] = [];
  private timer: NodeJS.Timeout | undefined;
  private closedAtMs = Number.NEGATIVE_INFINITY;
  /** Times it opened in a row. */
  private openings = 0;
  private spell = 0;
  private probing = 0;
  private succeeded = 0;
  /** Since it opened, the dependency failed also to show that it is there. */
  private seenGone = false;

  constructor(
    readonly name: string,
    private readonly options: BreakerOptions,
    private readonly call: (input: In) => Promise<Out>,
    private readonly isFailure: (error: unknown, input: In) => boolean,
    private readonly metrics: ResilienceMetrics,
    private readonly log: Log,
  ) {
    this.count();
    metrics.breaker(name, 'closed');
  }

  /** @throws BreakerOpen without a call; else what the call rejects with */
  async fire(input: In): Promise<Out> {
    if (this.current === 'closed') return this.counted(input);
    if (this.current === 'open' || this.probing >= this.options.probes) throw new BreakerOpen(this.name);
    return this.probe(input);
  }

  state(): BreakerState {
    return this.current;
  }

  /**
   * Tells whether the dependency, asked by the way, showed that it is there. Counts only while the breaker is
   * not closed. What was seen to be gone may close the breaker by coming back; where only calls failed, or
   * were slow, only calls close it.
   */
  heard(isThere: boolean): void {
    if (this.current === 'closed') return;
    if (!isThere) {
      this.seenGone = true;
      if (this.current === 'half-open') this.open();
      return;
    }
    if (!this.seenGone) return;
    if (this.current === 'open') this.halfOpen();
    this.good();
  }

  close(): void {
    clearTimeout(this.timer);
    for (const circuit of this.circuits) circuit.shutdown();
  }

  private async counted(input: In): Promise<Out> {
    try {
      const [circuit] = this.circuits;
      return await (circuit ? circuit.fire(input) : this.call(input));
    } catch (error) {
      if (error instanceof SlowCall) return (error as SlowCall<Out>).outcome;
      throw error;
    }
  }

  private async probe(input: In): Promise<Out> {
    const { spell } = this;
    const startedMs = performance.now();
    this.probing++;
    const outcome = this.call(input);
    const [{ status, ...ended }] = await Promise.allSettled([outcome]);
    // A probe of an earlier half-open time says nothing any more.
    if (this.spell !== spell) return outcome;
    this.probing--;
    const slow = performance.now() - startedMs >= this.options.slowMs;
    if (slow || ('reason' in ended && this.isFailure(ended.reason, input))) this.open();
    else if (status === 'fulfilled') this.good();
    return outcome;
  }

  private good(): void {
    if (++this.succeeded < this.options.closeAfter) return;
    this.count();
    this.closedAtMs = performance.now();
    this.move('closed');
  }

  private open(): void {
    clearTimeout(this.timer);
    const { options } = this;
    // What opens again before a window passed has not been well.
    const inARow = this.current !== 'closed' || performance.now() - this.closedAtMs < options.windowMs;
    this.openings = inARow ? this.openings + 1 : 1;
    if (this.current === 'closed') this.seenGone = false;
    for (const circuit of this.circuits) circuit.shutdown();
    this.circuits = [];
    this.timer = setTimeout(
      () => {
        this.halfOpen();
      },
      openTimeMs(this.openings, options),
    );
    this.timer.unref();
    this.move('open');
  }

  private halfOpen(): void {
    clearTimeout(this.timer);
    this.probing = 0;
    this.succeeded = 0;
    this.move('half-open');
  }

  private move(state: BreakerState): void {
    this.spell++;
    this.current = state;
    this.metrics.breaker(this.name, state);
    this.log.warn('breaker-moved', { breaker: this.name, state });
  }

  /** Begins to count anew: what was counted before it opened says nothing any more. */
  private count(): void {
    const { errorPercent, slowPercent, slowMs } = this.options;
    const failures = this.circuit(this.call, errorPercent, this.isFailure);
    const timed = (input: In): Promise<Out> => {
      const startedMs = performance.now();
      const outcome = failures.fire(input);
      const judge = () => {
        if (performance.now() - startedMs >= slowMs) throw new SlowCall(outcome);
        return outcome;
      };
      return outcome.then(judge, judge);
    };
    this.circuits = [this.circuit(timed, slowPercent, (error) => error instanceof SlowCall), failures];
  }

  private circuit(
    call: (input: In) => Promise<Out>,
    percent: number,
    counts: (error: unknown, input: In) => boolean,
  ): CircuitBreaker<[In], Out> {
    const { windowMs, minCalls } = this.options;
    const circuit = new CircuitBreaker<[In], Out>(call, {
      name: this.name,
      // Deadlines are the caller's: one timer a call is enough.
      timeout: false,
      volumeThreshold: minCalls,
      errorThresholdPercentage: percent,
      resetTimeout: NEVER_MS,
      rollingCountTimeout: windowMs,
      rollingCountBuckets: BUCKETS,
      rollingPercentilesEnabled: false,
      capacity: Number.MAX_SAFE_INTEGER,
      // opossum passes on what the call was given.
      errorFilter: (error: unknown, input?: In) => !counts(error, input as In),
      allowWarmUp: false,
      cache: false,
      autoRenewAbortController: false,
      enableSnapshots: false,
      enabled: true,
    });
    circuit.on('open', () => {
      if (this.current === 'closed') this.open();
    });
    return circuit;
  }
}
