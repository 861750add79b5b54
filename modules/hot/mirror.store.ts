import type { NearestRequest, ReadRequest } from '../vector/read-request.js';
import { writeQueryAnswer, type AnswerRecord } from './answer-bytes.js';
import { ByteWriter } from './byte-writer.js';
import { Graph } from './graph.store.js';
import type { MirrorSpec, MirrorUsage } from './hot-protocol.js';
import { nearest, type Neighbour } from './nearest.js';
import { readRecordPage, type RecordPage } from './record-page.js';
import { planSearch } from './search-plan.js';
import type { SlotSet } from './slot-set.js';
import { StoredRecords, type StoredRecord } from './stored-records.js';

/** The in-memory copy of one collection. Lives in a worker: its graph's calls block. */
export class Mirror {
  private readonly graph: Graph;
  private readonly records = new StoredRecords();

  constructor(private readonly spec: MirrorSpec) {
    this.graph = new Graph(spec);
  }

  usage(): MirrorUsage {
    const { count, bytes, fieldBytesInUse, worn } = this.records;
    return { records: count, bytes: this.graph.bytes() + bytes, fieldBytes: fieldBytesInUse, worn };
  }

  /**
   * Makes the asked records equal to the page; those it lacks are removed. Yields after each record, so that
   * the caller can let searches in between.
   * @param admit told, before anything changes, how many bytes it will take at the most; throws to prevent it
   */
  *apply(
    asked: readonly string[],
    bytes: Uint8Array,
    admit: (growthBytes: number) => void = () => undefined,
  ): Generator<void> {
    const page = readRecordPage(bytes, this.spec.dimension);
    admit(this.growth(page));
    const present = new Set(page.ids);
    for (const id of asked) if (!present.has(id)) this.remove(id);
    for (let row = 0; row < page.ids.length; row++) {
      this.put(page, row);
      yield;
    }
  }

  /** Removes every record that the listing does not name. */
  retain(listing: Uint8Array): void {
    const listed = new Set(readRecordPage(listing, this.spec.dimension).ids);
    for (const id of this.records.ids()) if (!listed.has(id)) this.remove(id);
  }

  /** The answer's bytes; undefined when the mirror cannot give a whole one. */
  read(request: ReadRequest): Uint8Array<ArrayBuffer> | undefined {
    return request.kind === 'nearest' ? this.search(request) : undefined;
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

  private growth(page: RecordPage): number {
    const { dimension } = this.spec;
    const { slots, bytes } = this.records.growth(page, dimension, ({ vector }, row) => {
      return !sameVector(vector, page.vectors.subarray(row * dimension, (row + 1) * dimension));
    });
    return this.graph.growth(slots) + bytes;
  }

  private put(page: RecordPage, row: number): void {
    const { dimension } = this.spec;
    const vector = page.vectors.slice(row * dimension, (row + 1) * dimension);
    const known = this.records.find(page.ids[row] ?? '');
    if (known === undefined) {
      const { slot } = this.records.insert(page, row, vector);
      this.graph.add(vector, slot);
      return;
    }
    this.records.setFields(known, page, row);
    if (sameVector(known.vector, vector)) return;
    this.graph.remove(known.slot);
    this.records.move(known, vector);
    this.graph.add(vector, known.slot);
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
