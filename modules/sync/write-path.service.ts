import { Injectable } from '@nestjs/common';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import type { InsertBody } from '../hot/hot-protocol.js';
import type { PreparedInsert } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { CollectionRegistry } from './collection-registry.service.js';
import type { SentWrite } from './insertion-order.js';
import { isIdle } from './mirror-state.js';
import { ReadBack } from './read-back.job.js';
import type { SyncedCollection } from './synced-collection.js';
import { WriteJournal } from './write-journal.store.js';
import { METRIC_OUTCOMES, sendWrite } from './write-outcome.js';
import { idsOf, type WriteOutcome, type WriteScope } from './write-scope.js';

/** Every write of records passes here, and is acknowledged when the hot tiers follow. */
@Injectable()
export class WritePath {
  constructor(
    private readonly http: ChromaHttp,
    private readonly registry: CollectionRegistry,
    private readonly readBack: ReadBack,
    private readonly journal: WriteJournal,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Sends a write. Resolves when ChromaDB acknowledged it and the mirror reflects it, or refused it.
   * @throws TidegateError; unless its code is `store-unreachable` the write is in doubt
   */
  async write(target: CollectionTarget, scope: WriteScope, call: StoreCall): Promise<StoreAnswer> {
    const collection = this.registry.track(target);
    if (collection) collection.writesInFlight++;
    const send = () => this.send(target, collection, scope, call);
    if (collection === undefined) return send();
    const { writeOrder } = collection;
    return scope.kind === 'named' ? writeOrder.run(scope.ids, send) : writeOrder.runAlone(send);
  }

  private async send(
    target: CollectionTarget,
    collection: SyncedCollection | undefined,
    scope: WriteScope,
    call: StoreCall,
  ): Promise<StoreAnswer> {
    let outcome: WriteOutcome = 'in-doubt';
    const write = collection?.insertionOrder.send(scope);
    const sent = this.journal.sent(target.id, idsOf(scope));
    const leaveWatch = collection?.writeWatch.sent(scope);
    let prepared: PreparedInsert | undefined;
    try {
      const sending = sendWrite(this.http, call, async (ended) => {
        outcome = ended;
        if (!collection || !write) return;
        if (ended !== 'applied') collection.insertionOrder.end(write);
        await (ended === 'applied'
          ? this.reflect(collection, write, prepared?.insert ?? bodyOf(call))
          : this.follow(collection));
      });
      prepared = collection && this.readBack.prepare(collection, scope, bodyOf(call));
      return await sending;
    } finally {
      this.count(sent, outcome);
      if (write) collection?.insertionOrder.end(write);
      if (prepared) this.readBack.discard(prepared);
      leaveWatch?.();
      if (collection) this.end(collection, scope, outcome);
    }
  }

  private count(sent: number, outcome: WriteOutcome): void {
    this.metrics.write('records', METRIC_OUTCOMES[outcome]);
    if (outcome === 'in-doubt') this.metrics.writeInDoubt();
    this.journal.ended(sent, outcome === 'in-doubt');
  }

  private end(collection: SyncedCollection, scope: WriteScope, outcome: WriteOutcome): void {
    collection.writesInFlight--;
    if (outcome === 'in-doubt') this.registry.doubt(collection, scope);
    // Last, so that nothing read from the mirror before it followed can be cached under the new version.
    collection.moveVersion();
  }

  private async reflect(
    collection: SyncedCollection,
    write: SentWrite,
    body: InsertBody | undefined,
  ): Promise<void> {
    const { state } = collection;
    // It may have its first record now.
    if (collection.refusal === 'empty') this.registry.drop(collection);
    // What is loaded reads, when it warms up, whatever the journal says was touched.
    if (isIdle(state)) return;
    if (write.scope.kind === 'unknown') {
      this.registry.drop(collection);
      return;
    }
    collection.note(write, body);
    await this.follow(collection);
  }

  /** Brings the mirror, if there is one, up to what was noted; one that warms up does so at its end. */
  private async follow(collection: SyncedCollection): Promise<void> {
    const { handle, state } = collection;
    if (handle === undefined || state === 'warming' || !this.readBack.isDue(collection)) return;
    try {
      await this.readBack.flush(collection);
    } catch {
      // The write is done; only the mirror could not follow, so it must not answer any more.
      if (collection.handle === handle) this.registry.drop(collection);
    }
  }
}

function bodyOf({ body }: StoreCall): Uint8Array | undefined {
  return body instanceof Uint8Array ? body : undefined;
}
