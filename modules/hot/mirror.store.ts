import type { NearestRequest, RecordsRequest } from '../vector/read-request.js';
import { writeQueryAnswer, writeRecordsAnswer, type AnswerRecord } from './answer-bytes.js';
import { isWithinLimits } from './answer-limits.js';
import { ByteWriter } from './byte-writer.js';
import { Graph } from './graph.store.js';
import type { MirrorSpec, MirrorUsage, PlaceHints, Placement, WorkerRead } from './hot-protocol.js';
import { nearest, type Neighbour } from './nearest.js';
import { readRecordPage, type RecordPage } from './record-page.js';
import { selectRecords } from './records-read.js';
import { planSearch } from './search-plan.js';
import type { SlotSet } from './slot-set.js';
import { StoredRecords, type StoredRecord } from './stored-records.js';

/** The in-memory copy of one collection. Lives in a worker: its graph's calls block. */
export class Mirror {
  private readonly graph: Graph;
  private readonly records = new StoredRecords();
  /** Whether every record stands where ChromaDB has it. */
  private inOrder = true;

  constructor(private readonly spec: MirrorSpec) {
    this.graph = new Graph(spec);
  }

  usage(): MirrorUsage {
    const { count, bytes, worn } = this.records;
    return {
      records: count,
      bytes: this.graph.bytes() + bytes,
      worn,
    };
  }

  /**
   * Makes the asked records equal to the page; those it lacks are removed. Yields after each record, so that
   * the caller can let searches in between.
   */
  *apply(
    asked: readonly string[],
    bytes: Uint8Array,
    { uncertain, deleted }: PlaceHints,
  ): Generator<void, Placement> {
    const page = readRecordPage(bytes, this.spec.dimension);
    const present = new Set(page.ids);
    const returned = deleted.filter((id) => present.has(id)).length;
    if (returned > 0) this.inOrder = false;
    for (const id of asked) if (!present.has(id)) this.remove(id);
    let inserted = 0;
    for (let row = 0; row < page.ids.length; row++) {
      if (this.put(page, row)) inserted++;
      if (uncertain && inserted > 0) this.inOrder = false;
      yield;
    }
    return { inserted, returned };
  }

  /** Puts the listed records in the listing's order, in the places they hold among all records. */
  order(listing: Uint8Array): void {
    this.records.arrange(readRecordPage(listing, this.spec.dimension).ids);
    this.inOrder = true;
  }

  /** Removes every record that the listing of all ids does not name, and orders the others by it. */
  retain(listing: Uint8Array): void {
    const { ids } = readRecordPage(listing, this.spec.dimension);
    const listed = new Set(ids);
    for (const id of this.records.ids()) if (!listed.has(id)) this.remove(id);
    this.records.arrange(ids);
    this.inOrder = true;
  }

  /** The answer's bytes; undefined when the mirror cannot give a whole one. */
  read(request: WorkerRead): Uint8Array<ArrayBuffer> | undefined {
    return request.kind === 'nearest' ? this.search(request) : this.select(request);
  }

  /**
   * The answer's bytes; undefined while places are open, beyond the limits of answers, or when the filter
   * needs ChromaDB.
   */
  private select({ filter, offset, limit, include }: RecordsRequest): Uint8Array<ArrayBuffer> | undefined {
    if (!this.inOrder) return undefined;
    const where = filter?.where;
    const matching = where && this.records.matching({ where, ids: undefined });
    if (where && matching === undefined) return undefined;
    const records = selectRecords(this.records, { ids: filter?.ids, matching, offset, limit });
    if (!isWithinLimits(records, include)) return undefined;
    const out = new ByteWriter();
    writeRecordsAnswer(out, records, include);
    return out.finish();
  }

  /**
   * The answer's bytes; undefined when the graph gave fewer neighbours than there are, no finite distance, or
   * the filter needs ChromaDB.
   */
  search(request: NearestRequest): Uint8Array<ArrayBuffer> | undefined {
    const matching = request.filter && this.records.matching(request.filter);
    if (request.filter && matching === undefined) return undefined;
    const matches = matching ? matching.count() : this.records.count;
    const lists: AnswerRecord[][] = [];
    for (let query = 0; query < request.count; query++) {
      const start = query * request.dimension;
      const vector = request.vectors.subarray(start, start + request.dimension);
      const list = this.nearest(vector, Math.min(request.limit, matches), matching, matches);
      if (list === undefined) return undefined;
      lists.push(list);
    }
    const out = new ByteWriter();
    writeQueryAnswer(out, lists, request.include);
    return out.finish();
  }

  private nearest(vector: Float32Array, wanted: number, matching: SlotSet | undefined, matches: number) {
    if (wanted === 0) return [];
    const found = matching
      ? this.nearestMatching(vector, wanted, matching, matches)
      : this.fromGraph(vector, wanted, () => true);
    const finite = found.filter((neighbour) => Number.isFinite(neighbour.distance)).slice(0, wanted);
    return finite.length === wanted
      ? finite.map(({ record, distance }) => ({ ...record, distance }))
      : undefined;
  }

  /** Fetches more and more from the graph until enough of it match, or measures the matches one by one. */
  private nearestMatching(vector: Float32Array, wanted: number, matching: SlotSet, matches: number) {
    let tried = 0;
    for (;;) {
      const plan = planSearch(matches, this.records.count, wanted, tried);
      if (plan.kind === 'exact') return nearest(this.spec.space, vector, this.recordsAt(matching), wanted);
      const found = this.fromGraph(vector, plan.fetch, (slot) => matching.has(slot));
      if (found.length >= wanted) return found;
      tried = plan.fetch;
    }
  }

  private fromGraph(
    vector: Float32Array,
    fetch: number,
    accept: (slot: number) => boolean,
  ): Neighbour<StoredRecord>[] {
    const { labels, distances } = this.graph.search(vector, fetch);
    const found: Neighbour<StoredRecord>[] = [];
    labels.forEach((slot, rank) => {
      const record = accept(slot) ? this.records.at(slot) : undefined;
      if (record) found.push({ record, distance: distances[rank] ?? Number.NaN });
    });
    return found;
  }

  private *recordsAt(slots: SlotSet): Generator<StoredRecord> {
    for (const slot of slots.toArray()) {
      const record = this.records.at(slot);
      if (record) yield record;
    }
  }

  /** @returns whether the record is new */
  private put(page: RecordPage, row: number): boolean {
    const { dimension } = this.spec;
    const vector = page.vectors.slice(row * dimension, (row + 1) * dimension);
    const known = this.records.find(page.ids[row] ?? '');
    if (known === undefined) {
      const { slot } = this.records.insert(page, row, vector);
      this.graph.add(vector, slot);
      return true;
    }
    this.records.setFields(known, page, row);
    if (sameVector(known.vector, vector)) return false;
    this.graph.remove(known.slot);
    this.records.move(known, vector);
    this.graph.add(vector, known.slot);
    return false;
  }

  private remove(id: string): void {
    const record = this.records.find(id);
    if (record === undefined) return;
    this.graph.remove(record.slot);
    this.records.remove(id, record);
  }
}

function sameVector(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, index) => Object.is(value, b[index]));
}
