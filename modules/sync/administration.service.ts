import { Injectable } from '@nestjs/common';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { Revalidation } from './revalidation.job.js';
import { METRIC_OUTCOMES, sendWrite } from './write-outcome.js';
import type { AdminScope } from './write-scope.js';

/** Calls that may change collections as a whole: delete, rename, configure, reset, and any unknown one. */
@Injectable()
export class Administration {
  constructor(
    private readonly http: ChromaHttp,
    private readonly registry: CollectionRegistry,
    private readonly revalidation: Revalidation,
    private readonly metrics: Metrics,
  ) {}

  /** A call that removes, renames or configures collections: those that are unchanged after it stay hot. */
  administer(scope: AdminScope, call: StoreCall): Promise<StoreAnswer> {
    return this.send(scope, call, () => this.revalidation.run(scope));
  }

  /** A call of unknown effect, perhaps on records too: whatever it was, nothing stays hot. */
  overturn(call: StoreCall): Promise<StoreAnswer> {
    return this.send('all', call, () => {
      for (const collection of this.registry.inScope('all')) this.registry.overturn(collection);
      return Promise.resolve();
    });
  }

  /** Resolves when no hot tier answers any more for what the call removed or changed. */
  private send(scope: AdminScope, call: StoreCall, applied: () => Promise<void>): Promise<StoreAnswer> {
    return sendWrite(this.http, call, async (outcome) => {
      this.metrics.write('administration', METRIC_OUTCOMES[outcome]);
      if (outcome === 'applied') await applied();
      if (outcome !== 'in-doubt') return;
      this.metrics.writeInDoubt();
      for (const collection of this.registry.inScope(scope)) this.registry.settle(collection);
    });
  }
}
