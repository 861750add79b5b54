import { Injectable } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import type { CollectionInfo } from '../chroma/collection-info.js';
import { CollectionRegistry } from './collection-registry.service.js';
import type { SyncedCollection } from './synced-collection.js';
import type { AdminScope } from './write-scope.js';

/** After an administrative change: asks ChromaDB whether each mirrored collection is still the same one. */
@Injectable()
export class Revalidation {
  constructor(
    private readonly records: ChromaRecords,
    private readonly registry: CollectionRegistry,
  ) {}

  /** Resolves when no mirror and no cached answer is left of a collection that is gone or changed. */
  async run(scope: AdminScope): Promise<void> {
    if (scope === 'all') this.registry.distrustUntracked();
    await Promise.all(this.registry.inScope(scope).map((collection) => this.check(collection)));
  }

  /**
   * Resolves when neither mirror, cached answers nor snapshot are left of the collection, unless it is
   * unchanged; a snapshot stays where the collection is there, as it is compared before it is served.
   */
  async check(collection: SyncedCollection): Promise<void> {
    const { info, attempts } = collection;
    const described =
      info || this.registry.hasSnapshot(collection) ? await this.describe(collection) : undefined;
    if (info !== undefined && isDeepStrictEqual(described, info)) return;
    if (described === undefined) this.registry.distrustSnapshot(collection.target.id);
    if (collection.attempts === attempts) this.registry.overturn(collection);
    else collection.forbidOlder();
  }

  /** Undefined also where ChromaDB does not say. */
  private async describe({ target }: SyncedCollection): Promise<CollectionInfo | undefined> {
    try {
      return await this.records.describe(target);
    } catch {
      return undefined;
    }
  }
}
