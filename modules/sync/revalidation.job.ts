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
    await Promise.all(this.registry.inScope(scope).map((collection) => this.check(collection)));
  }

  /** Resolves when neither mirror nor cached answers are left of the collection, unless it is unchanged. */
  async check(collection: SyncedCollection): Promise<void> {
    const { info, attempts } = collection;
    if (info !== undefined && (await this.isUnchanged(collection, info))) return;
    if (collection.attempts === attempts) this.registry.overturn(collection);
    else collection.moveVersion();
  }

  private async isUnchanged(collection: SyncedCollection, before: CollectionInfo): Promise<boolean> {
    try {
      return isDeepStrictEqual(await this.records.describe(collection.target), before);
    } catch {
      return false;
    }
  }
}
