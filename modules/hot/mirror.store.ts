import type { SearchRequest } from '../vector/search-request.js';
import { writeQueryAnswer, type AnswerRecord } from './answer-bytes.js';
import { ByteArena, type Placed } from './byte-arena.js';
import { ByteWriter } from './byte-writer.js';
import { Graph } from './graph.store.js';
import type { MirrorSpec, MirrorUsage } from './hot-protocol.js';
import { readRecordPage, type RecordPage, type Span } from './record-page.js';

/** Removed graph elements that are tolerated before a mirror counts as worn. */
const MIN_WORN_ELEMENTS = 1_000;
/** Rough cost of one record's entries in maps and arrays on the JavaScript heap. */
const HEAP_BYTES_PER_RECORD = 400;

interface StoredRecord {
  /** The record's element in the graph; another one after each change of its vector. */
  label: number;
  readonly id: Placed;
  document: Placed | undefined;
  metadata: Placed | undefined;
  uri: Placed | undefined;
  vector: Float32Array;
}

/** The in-memory copy of one collection. Lives in a worker: its graph's calls block. */
export class Mirror {
  private readonly graph: Graph;
  private readonly fields = new ByteArena();
  private readonly byId = new Map<string, StoredRecord>();
  private readonly byLabel: (StoredRecord | undefined)[] = [];
  private vectorBytes = 0;

  constructor(private readonly spec: MirrorSpec) {
    this.graph = new Graph(spec);
  }

  usage(): MirrorUsage {
    const records = this.byId.size;
    const heap = this.byLabel.length * HEAP_BYTES_PER_RECORD;
    const removed = this.byLabel.length - records;
    return {
      records,
      bytes: this.graph.bytes() + this.fields.allocatedBytes + this.vectorBytes + heap,
      worn: removed > records + MIN_WORN_ELEMENTS,
    };
  }

  /**
   * Makes the asked records equal to the page; those it lacks are removed. Yields after each record, so that
   * the caller can let searches in between.
   */
  *apply(asked: readonly string[], bytes: Uint8Array): Generator<void> {
    const page = readRecordPage(bytes, this.spec.dimension);
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
    for (const id of [...this.byId.keys()]) if (!listed.has(id)) this.remove(id);
  }

  /**
   * The answer's bytes; undefined when the graph gave fewer neighbours than there are, or no finite
   * distance.
   */
  search(request: SearchRequest): Uint8Array<ArrayBuffer> | undefined {
    const lists: AnswerRecord[][] = [];
    for (let query = 0; query < request.count; query++) {
      const start = query * request.dimension;
      const list = this.nearest(request.vectors.subarray(start, start + request.dimension), request.limit);
      if (list === undefined) return undefined;
      lists.push(list);
    }
    const out = new ByteWriter();
    writeQueryAnswer(out, lists, request.include);
    return out.finish();
  }

  private nearest(vector: Float32Array, limit: number): AnswerRecord[] | undefined {
    const wanted = Math.min(limit, this.byId.size);
    if (wanted === 0) return [];
    const { labels, distances } = this.graph.search(vector, wanted);
    const records: AnswerRecord[] = [];
    labels.forEach((label, rank) => {
      const record = this.byLabel[label];
      const distance = distances[rank];
      if (record && distance !== undefined && Number.isFinite(distance))
        records.push({ ...record, distance });
    });
    return records.length === wanted ? records : undefined;
  }

  private put(page: RecordPage, row: number): void {
    const { dimension } = this.spec;
    const vector = page.vectors.slice(row * dimension, (row + 1) * dimension);
    const fields = {
      document: this.place(page.bytes, page.documents[row]),
      metadata: this.place(page.bytes, page.metadatas[row]),
      uri: this.place(page.bytes, page.uris[row]),
    };
    const known = this.byId.get(page.ids[row] ?? '');
    if (known === undefined) this.insert(page, row, { ...fields, vector });
    else {
      Object.assign(known, fields);
      if (!sameVector(known.vector, vector)) this.move(known, vector);
    }
  }

  private insert(page: RecordPage, row: number, content: Omit<StoredRecord, 'id' | 'label'>): void {
    const id = this.place(page.bytes, page.idTexts[row]);
    if (id === undefined) throw new RangeError('a record needs an id');
    const record = { ...content, id, label: this.byLabel.length };
    this.graph.add(record.vector, record.label);
    this.byLabel.push(record);
    this.byId.set(page.ids[row] ?? '', record);
    this.vectorBytes += record.vector.byteLength;
  }

  private move(record: StoredRecord, vector: Float32Array): void {
    this.graph.remove(record.label);
    this.byLabel[record.label] = undefined;
    record.label = this.byLabel.length;
    record.vector = vector;
    this.graph.add(vector, record.label);
    this.byLabel.push(record);
  }

  private remove(id: string): void {
    const record = this.byId.get(id);
    if (record === undefined) return;
    this.graph.remove(record.label);
    this.byLabel[record.label] = undefined;
    this.byId.delete(id);
    this.vectorBytes -= record.vector.byteLength;
  }

  private place(bytes: Uint8Array, span: Span | undefined): Placed | undefined {
    return span && this.fields.append(bytes, span.start, span.end);
  }
}

function sameVector(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, index) => Object.is(value, b[index]));
}
