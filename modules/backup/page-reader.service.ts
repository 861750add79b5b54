import { setTimeout as pause } from 'node:timers/promises';
import { TidegateError } from '../vector/errors.js';
import type { ChromaCollections } from './chroma-collections.service.js';
import { isNull } from './raw-json.js';
import { recordsByColumn, type RawRecord } from './raw-record.js';

/** A record that is written while it is read may lack its vector for a moment. */
const VECTOR_WAITS_MS = [50, 200, 1_000];

/** Reads records of one collection by id, whole. */
export class PageReader {
  constructor(
    private readonly store: ChromaCollections,
    private readonly collectionId: string,
  ) {}

  /** The records in the order of the ids; those that do not exist are left out. */
  async read(ids: readonly string[]): Promise<readonly RawRecord[]> {
    const found = await this.readAll(ids);
    for (const wait of VECTOR_WAITS_MS) {
      const torn = ids.filter((id) => lacksVector(found.get(id)));
      if (torn.length === 0) break;
      await pause(wait);
      for (const id of torn) found.delete(id);
      for (const [id, record] of await this.readAll(torn)) found.set(id, record);
    }
    const torn = ids.find((id) => lacksVector(found.get(id)));
    if (torn === undefined) return ids.flatMap((id) => found.get(id) ?? []);
    throw new TidegateError(
      'store-failed',
      `ChromaDB tells no vector of record ${JSON.stringify(torn)}`,
      'ask ChromaDB for it; delete it, or write it again',
    );
  }

  private async readAll(ids: readonly string[]): Promise<Map<string, RawRecord>> {
    try {
      return recordsByColumn(await this.store.read(this.collectionId, ids));
    } catch (error) {
      if (!(error instanceof TidegateError && error.code === 'body-too-large')) throw error;
      const middle = Math.ceil(ids.length / 2);
      const first = await this.readAll(ids.slice(0, middle));
      return new Map([...first, ...(await this.readAll(ids.slice(middle)))]);
    }
  }
}

function lacksVector(record: RawRecord | undefined): boolean {
  return record !== undefined && isNull(record.embedding);
}
