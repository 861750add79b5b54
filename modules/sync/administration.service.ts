import { Injectable } from '@nestjs/common';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { CollectionRegistry } from './collection-registry.service.js';
import { Revalidation } from './revalidation.job.js';
import { WriteJournal } from './write-journal.store.js';
import { METRIC_OUTCOMES, sendWrite } from './write-outcome.js';
import type { AdminScope, WriteScope } from './write-scope.js';

/** Calls that may change collections as a whole: delete, rename, configure, reset, and any unknown one. */
@Injectable()
export class Administration {
  constructor(
    private readonly http: ChromaHttp,
    private readonly registry: CollectionRegistry,
    private readonly revalidation: Revalidation,
    private readonly journal: WriteJournal,
    private readonly metrics: Metrics,
  ) {}

  /** A call that removes, renames or configures collections: those that are unchanged after it stay hot. */
  administer(scope: AdminScope, call: StoreCall): Promise<StoreAnswer> {
    return this.send(scope, undefined, call, () => this.revalidation.run(scope));
  }

  /** A call of unknown effect, perhaps on records too: whatever it was, nothing stays hot. */
  overturn(call: StoreCall): Promise<StoreAnswer> {
    return this.send('all', { kind: 'unknown' }, call, () => {
      for (const collection of this.registry.inScope('all')) this.registry.overturn(collection);
      return Promise.resolve();
    });
  }

  /** Resolves when no hot tier answers any more for what the call removed or changed. */
  private send(
    scope: AdminScope,
    touched: WriteScope | undefined,
    call: StoreCall,
    applied: () => Promise<void>,
  ): Promise<StoreAnswer> {
    const sent = this.journal.sent(scope, touched === undefined ? [] : null);
    return sendWrite(this.http, call, async (outcome) => {
      const inDoubt = outcome === 'in-doubt';
      this.metrics.write('administration', METRIC_OUTCOMES[outcome]);
      if (outcome === 'applied') await applied();
      this.journal.ended(sent, inDoubt);
      if (!inDoubt) return;
      this.metrics.writeInDoubt();
      for (const collection of this.registry.inScope(scope)) this.registry.doubt(collection, touched);
    });
  }
}
