import type { Space } from '../vector/read-request.js';
import { Graph } from './graph.store.js';
import type { MirrorSpec } from './hot-protocol.js';
import type { SearchSource } from './nearest-search.js';
import { NearestList, type Neighbour } from './nearest.js';
import type { RecordFields } from './record-texts.js';
import type { StoredRecord } from './stored-record.js';
import { StoredRecords } from './stored-records.js';

/** Contents as they were at one moment. */
export interface ContentsMoment {
  /** Those of removed records are undefined. */
  readonly records: readonly (StoredRecord | undefined)[];
  /** Slots there were, used or not. */
  readonly slots: number;
  /** Slots below were in the graph, if they held a record. */
  readonly builtSlots: number;
  /** @returns labels that were removed meanwhile; rejects when the file was not opened */
  readonly graphWritten: Promise<readonly number[]>;
}

/**
 * What a mirror holds: its records, and their graph. Putting a vector into the graph takes longer than all
 * else, so it is done later; until then the vector is measured by each search.
 */
export class MirrorContents implements SearchSource {
  readonly space: Space;
  readonly dimension: number;
  /**
   * Slots whose vectors are not in the graph yet, from `built` on; those of removed records stay among
   * them.
   */
  private unbuilt: number[];
  private built = 0;

  /** @param builtSlots slots below are in the graph, if they hold a record */
  constructor(
    spec: MirrorSpec,
    private readonly graph = Graph.empty(spec),
    readonly records = new StoredRecords(spec.dimension),
    builtSlots = 0,
  ) {
    this.space = spec.space;
    this.dimension = spec.dimension;
    this.unbuilt = Array.from({ length: records.size - builtSlots }, (_, index) => builtSlots + index);
    const waiting = this.unbuilt.filter((slot) => records.at(slot) !== undefined);
    graph.count = records.count - waiting.length;
  }

  /** Bytes that are held, and will be when all vectors are in the graph. */
  get bytes(): number {
    return this.graph.bytes() + this.graph.growth(this.backlog) + this.records.bytes;
  }

  /** Vectors that are not in the graph yet. */
  get backlog(): number {
    return this.unbuilt.length - this.built;
  }

  /** Ends when the graph is not being written: until then vectors wait. */
  get graphWritten(): Promise<unknown> {
    return this.graph.written;
  }

  /** Whether a vector waits that can be put into the graph. */
  get isBuilding(): boolean {
    return this.backlog > 0 && !this.graph.isBeingWritten;
  }

  /**
   * What is held at this moment: it stays as it is while the contents change. The graph is written from now
   * on.
   */
  moment(graphPath: string): ContentsMoment {
    const { records } = this;
    return {
      records: records.byPosition.slice(),
      slots: records.size,
      builtSlots: this.unbuilt[this.built] ?? records.size,
      graphWritten: this.graph.write(graphPath),
    };
  }

  /** Bytes that taking these records in will take at the most. */
  growth(incoming: readonly { key: string; fields: RecordFields; vector: Float32Array }[]): number {
    const { slots, bytes } = this.records.growth(
      incoming.map(({ key, fields, vector }) => ({
        key,
        fields,
        isMoved: (known) => !sameVector(known.vector, vector),
      })),
    );
    return this.graph.growth(this.backlog + slots) - this.graph.growth(this.backlog) + bytes;
  }

  /** @returns whether the record is new */
  put(key: string, fields: RecordFields, vector: Float32Array): boolean {
    const known = this.records.find(key);
    if (known === undefined) {
      this.unbuilt.push(this.records.insert(key, fields, vector).slot);
      return true;
    }
    const record = this.records.setFields(known, fields);
    if (sameVector(record.vector, vector)) return false;
    this.leaveGraph(record.slot);
    this.unbuilt.push(this.records.move(record, vector).slot);
    return false;
  }

  /**
   * Makes the record equal to that of the other contents, graph included.
   * @param placeOf tells where a position of the others is here
   */
  copy(from: MirrorContents, key: string, placeOf: (position: number) => number): void {
    this.remove(key);
    const record = from.records.find(key);
    if (record === undefined) return;
    const { vector, position } = record;
    this.unbuilt.push(this.records.insert(key, record, vector, placeOf(position)).slot);
    this.buildNext();
  }

  remove(key: string): void {
    const record = this.records.find(key);
    if (record === undefined) return;
    this.leaveGraph(record.slot);
    this.records.remove(record);
  }

  /** Gives the graph's memory back. Reads that still go on find what they look for without it. */
  release(): void {
    this.graph.release();
  }

  /** Puts the next vector into the graph, if there is one and the graph is not being written. */
  buildNext(): void {
    const slot = this.unbuilt[this.built];
    if (slot === undefined || this.graph.isBeingWritten) return;
    const record = this.records.at(slot);
    this.built++;
    if (record) this.graph.add(record.vector, slot);
    if (this.backlog > 0) return;
    this.unbuilt = [];
    this.built = 0;
  }

  /**
   * The nearest records by graph, and by measuring those that are not in it yet.
   * @returns fewer than `limit` where there are fewer; none where the graph has fallen apart or was released,
   * as those that are not in it would stand in for nearer ones that it lost
   */
  nearest(vector: Float32Array, limit: number, effort = 1): readonly Neighbour<StoredRecord>[] {
    const list = new NearestList<StoredRecord>(this.space, vector, limit);
    const found = this.graph.search(vector, limit, effort);
    if (found === undefined) return [];
    const { labels, distances } = found;
    labels.forEach((slot, rank) => {
      const record = this.records.at(slot);
      if (record) list.add({ record, distance: distances[rank] ?? Number.NaN });
    });
    for (let at = this.built; at < this.unbuilt.length; at++) {
      const record = this.records.at(this.unbuilt[at] ?? -1);
      if (record) list.offer(record);
    }
    return list.neighbours;
  }

  private leaveGraph(slot: number): void {
    const at = this.unbuilt.indexOf(slot, this.built);
    if (at < 0) this.graph.remove(slot);
  }
}

/** Bit by bit, but for what is no number. */
export function sameVector(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, index) => Object.is(value, b[index]));
}
