import { Readable } from 'node:stream';
import type { CollectionInfo } from '../chroma/collection-info.js';
import type { StoreAnswer, StoreCall } from '../chroma/store-call.js';
import type { CollectionId, CollectionTarget } from '../vector/collection-id.js';
import { TidegateError, type ErrorCode } from '../vector/errors.js';
import { Gate } from './gate.fake.js';

export const INFO: CollectionInfo = {
  space: 'l2',
  dimension: 3,
  maxNeighbors: 16,
  efConstruction: 100,
  efSearch: 100,
  allowsAllFilters: true,
};
/**
 * One collection of ChromaDB: ids and their values in insertion order. Readings are taken at once and
 * arrive late.
 */
export class FakeChroma {
  readonly records = new Map<string, string>();
  info: CollectionInfo | undefined = INFO;
  /** Collections that are deleted, whatever the path. */
  readonly gone = new Set<CollectionId>();
  /** How the next calls that change something end. */
  outcome: number | ErrorCode = 200;
  failing: 'read' | 'listIds' | 'describe' | 'count' | 'barrier' | undefined;
  /** So many of the next readings find nobody there. */
  outages = 0;
  readonly reads: (readonly string[])[] = [];
  /** The ids that listings were asked for; undefined for all. */
  readonly listings: (readonly string[] | undefined)[] = [];
  readonly readGate = new Gate();
  readonly listGate = new Gate();
  readonly sendGate = new Gate();
  readonly barrierGate = new Gate();
  barriers = 0;
  address = 'http://chroma';
  readonly countGate = new Gate();
  /** What calls change when they arrive. */
  readonly changes = new Map<StoreCall, () => void>();

  readonly send = async (call: StoreCall): Promise<StoreAnswer> => {
    const { outcome } = this;
    await this.sendGate.wait?.();
    this.changes.get(call)?.();
    await this.sendGate.pass();
    if (typeof outcome === 'string') throw new TidegateError(outcome, 'of the spec', 'none');
    return { status: outcome, headers: [], body: Readable.from([]) };
  };

  readonly read = async (_: CollectionTarget, ids: readonly string[]): Promise<Buffer> => {
    this.reads.push(ids);
    const present = [...this.records].filter(([id]) => ids.includes(id));
    await this.readGate.pass();
    this.failIf('read');
    return Buffer.from(JSON.stringify(present));
  };

  readonly listIds = async (_: CollectionTarget, ids?: readonly string[]): Promise<Buffer> => {
    this.listings.push(ids);
    const listed = [...this.records.keys()].filter((id) => ids?.includes(id) ?? true);
    const listing = JSON.stringify({ ids: listed });
    await this.listGate.pass();
    this.failIf('listIds');
    return Buffer.from(listing);
  };

  readonly count = async (): Promise<number> => {
    const { size } = this.records;
    await this.countGate.pass();
    this.failIf('count');
    return size;
  };

  readonly describe = async ({ id }: CollectionTarget): Promise<CollectionInfo | undefined> => {
    await Promise.resolve();
    this.failIf('describe');
    return this.info && !this.gone.has(id) ? { ...this.info } : undefined;
  };

  readonly barrier = async ({ id }: CollectionTarget): Promise<void> => {
    await this.barrierGate.pass();
    this.barriers++;
    this.failIf('barrier');
    if (this.gone.has(id)) throw new TidegateError('not-found', 'of the spec', 'none');
  };

  private failIf(call: FakeChroma['failing']): void {
    if (this.outages > 0) {
      this.outages--;
      throw new TidegateError('store-unreachable', 'of the spec', 'none');
    }
    if (this.failing === call) throw new TidegateError('store-failed', 'of the spec', 'none');
  }
}
