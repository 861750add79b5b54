import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { BreakerState } from '../resilience/breaker-options.js';
import { Breaker } from '../resilience/breaker.service.js';
import type { EndSignal } from '../vector/end-signal.js';
import { Log } from '../telemetry/log.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import type { ReadRequest } from '../vector/read-request.js';
import type { NoAnswer } from './hot-protocol.js';
import { MirrorGuardConfig } from './hot.config.js';
import { Mirrors, type MirrorHandle } from './mirrors.service.js';

/** How a mirror is asked. */
export interface ReadTerms {
  /** Ends when nobody waits for the answer any more. */
  readonly gone?: EndSignal | undefined;
  /** No other tier is left: the breaker is not heeded. */
  readonly pastBreaker?: boolean;
}

interface GuardedRead extends ReadTerms {
  readonly handle: MirrorHandle;
  readonly request: ReadRequest;
}

/** Callers' reads of mirrors, behind the breaker of the mirror worker. */
@Injectable()
export class GuardedMirrors implements OnApplicationShutdown {
  private readonly breaker: Breaker<GuardedRead, Uint8Array | NoAnswer>;

  constructor(
    config: MirrorGuardConfig,
    private readonly mirrors: Mirrors,
    private readonly metrics: ResilienceMetrics,
    log: Log,
  ) {
    this.breaker = new Breaker<GuardedRead, Uint8Array | NoAnswer>(
      'mirror-worker',
      config.breaker,
      ({ handle, request, gone }) => mirrors.read(handle, request, gone),
      (error) => this.tellsOfWorker(error),
      metrics,
      log,
    );
  }

  onApplicationShutdown(): void {
    this.breaker.close();
  }

  breakerState(): BreakerState {
    return this.breaker.state();
  }

  /**
   * As `Mirrors.read`. Counts need no worker, and no breaker.
   * @throws BreakerOpen besides
   */
  read(
    handle: MirrorHandle,
    request: ReadRequest,
    { gone, pastBreaker = false }: ReadTerms = {},
  ): Promise<Uint8Array | NoAnswer> {
    if (request.kind === 'count') return this.mirrors.read(handle, request);
    if (!pastBreaker) return this.breaker.fire({ handle, request, gone });
    this.metrics.panicked('mirror');
    return this.mirrors.read(handle, request, gone);
  }

  /** A mirror that was closed, or a full queue, is no fault of the worker. */
  private tellsOfWorker(error: unknown): boolean {
    if (!(error instanceof TidegateError)) return false;
    return error.code === 'mirror-timeout' || (error.code === 'mirror-lost' && !this.mirrors.workerAlive());
  }
}
