import { norm, type Measured } from '../vector/distance.js';
import type { RecordFilter } from '../vector/where.js';
import { ByteArena, type Placed } from './byte-arena.js';
import { candidatesFor, everySlot, type Candidates } from './candidates.js';
import { DocumentTexts } from './document-texts.js';
import { FilterColumns } from './filter-columns.js';
import { FilterSearch } from './filter-search.js';
import { HEAP_BYTES_PER_FIELD, HEAP_BYTES_PER_SLOT } from './mirror-bytes.js';
import { SlotSet } from './slot-set.js';
import { VectorStore } from './vector-store.js';

/** What may be left over by updates and removals in any case. */
const MIN_WORN_SLOTS = 1_000;
const MIN_WORN_BYTES = 64 * 1024 * 1024;
const LEAST_SLOTS = 1_024;

/** Fields of a record as JSON text, anywhere. */
export interface RecordFields {
  readonly id: Placed;
  readonly document: Placed | undefined;
  readonly metadata: Placed | undefined;
  readonly uri: Placed | undefined;
}

/** A record as it is now. A change makes another object, so that who holds this one sees one moment. */
export interface StoredRecord extends RecordFields, Measured {
  readonly key: string;
  /** Where the record stands in columns and in the graph; another one after each change of its vector. */
  readonly slot: number;
  /** Where it stands in the order of insertion. */
  readonly position: number;
}

/** A record to be taken in. */
export interface IncomingRecord {
  readonly key: string;
  readonly fields: RecordFields;
  /** Whether the record, as it is known, gets another vector. */
  readonly isMoved: (known: StoredRecord) => boolean;
}

/** Slots and bytes that a page will take. */
export interface Growth {
  readonly slots: number;
  readonly bytes: number;
}

/** The records of one mirror with their fields, by id, slot and position, and what filters find them with. */
export class StoredRecords {
  /** Records by position; undefined where one was removed. */
  readonly byPosition: (StoredRecord | undefined)[] = [];
  private readonly byKey = new Map<string, StoredRecord>();
  private readonly bySlot: (StoredRecord | undefined)[] = [];
  private readonly vectors: VectorStore;
  private readonly fields = new ByteArena();
  private readonly documents = new DocumentTexts();
  private readonly columns = new FilterColumns();
  /** Bytes of fields that records have; the rest of what was allocated is left over from earlier ones. */
  private fieldBytes = 0;
  /** Bytes that lie where they were before they came in. */
  private adoptedTextBytes = 0;
  private adoptedVectorBytes = 0;
  private fieldCount = 0;
  /** The slots that hold a record; has room for more than there are. */
  private used = new SlotSet(LEAST_SLOTS);

  constructor(dimension: number) {
    this.vectors = new VectorStore(dimension);
  }

  /** Records there are. */
  get count(): number {
    return this.byKey.size;
  }

  /** Slots there are, used or not. */
  get size(): number {
    return this.bySlot.length;
  }

  get bytes(): number {
    const slots = (this.size + this.byPosition.length) / 2;
    const heap = slots * HEAP_BYTES_PER_SLOT + this.fieldCount * HEAP_BYTES_PER_FIELD;
    const vectorBytes = this.vectors.bytes + this.adoptedVectorBytes;
    return this.textBytes + this.documents.signatureBytes + this.columns.bytes + vectorBytes + heap;
  }

  /** Bytes of the records' fields and of their columns, without what is left over or allocated ahead. */
  get fieldBytesInUse(): number {
    return this.fieldBytes + this.fieldCount * HEAP_BYTES_PER_FIELD + this.columns.bytesOf(this.size);
  }

  /** Whether more was left over by updates and removals than is in use. */
  get worn(): boolean {
    const unused = Math.max(this.size, this.byPosition.length) - this.count;
    return unused > this.count + MIN_WORN_SLOTS || this.textBytes > 2 * this.fieldBytes + MIN_WORN_BYTES;
  }

  keys(): string[] {
    return [...this.byKey.keys()];
  }

  find(key: string): StoredRecord | undefined {
    return this.byKey.get(key);
  }

  at(slot: number): StoredRecord | undefined {
    return this.bySlot[slot];
  }

  /** The records in these slots, in the slots' order. */
  in(slots: SlotSet): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (const slot of slots.toArray()) {
      const record = this.bySlot[slot];
      if (record) records.push(record);
    }
    return records;
  }

  /** Adds a record, behind all others if not told where. Fields and vector are copied. */
  insert(
    key: string,
    fields: RecordFields,
    vector: Float32Array,
    position = this.byPosition.length,
  ): StoredRecord {
    const id = this.fields.append(fields.id.chunk, fields.id.start, fields.id.end);
    const slot = this.size;
    return this.set({
      ...this.copied(slot, fields),
      key,
      id,
      slot,
      position,
      ...this.placed(vector),
    });
  }

  /**
   * Adds a record behind all others, in a slot that none has. Fields and vector are not copied: what they lie
   * in must never change.
   */
  adopt(key: string, fields: RecordFields, vector: Float32Array, slot: number): StoredRecord {
    const { id, document, metadata, uri } = fields;
    this.leaveEmpty(slot + 1);
    for (const text of [id, document, metadata, uri]) this.adoptedTextBytes += lengthOf(text);
    this.adoptedVectorBytes += vector.byteLength;
    if (document) this.documents.adopt(slot, document);
    const position = this.byPosition.length;
    return this.set({ id, document, metadata, uri, key, slot, position, vector, norm: norm(vector) });
  }

  /** Leaves those of the slots below `slot` empty that are new. */
  leaveEmpty(slot: number): void {
    while (this.size < slot) {
      this.columns.clear(this.size);
      this.bySlot.push(undefined);
    }
  }

  /** Slots and bytes that taking records in will take at the most, in this order. */
  growth(incoming: Iterable<IncomingRecord>): Growth {
    const columns = this.columns.growth();
    const texts: { readonly fields: number[]; readonly documents: number[] } = { fields: [], documents: [] };
    let [slots, present] = [0, 0];
    for (const { key, fields, isMoved } of incoming) {
      const { id, document, metadata, uri } = fields;
      const known = this.byKey.get(key);
      present += [document, metadata, uri].filter((field) => field !== undefined).length;
      if (known === undefined) texts.fields.push(lengthOf(id));
      texts.documents.push(lengthOf(document));
      texts.fields.push(lengthOf(metadata), lengthOf(uri));
      if (known && metadata) columns.set(known.slot, metadata);
      if (known && !isMoved(known)) continue;
      if (metadata) columns.set(this.size + slots, metadata);
      slots++;
    }
    const heapBytes = slots * HEAP_BYTES_PER_SLOT + present * HEAP_BYTES_PER_FIELD;
    const textBytes =
      this.fields.growth(texts.fields) + this.documents.growth(texts.documents, this.size + slots);
    return { slots, bytes: heapBytes + this.vectors.growth(slots) + textBytes + columns.bytes };
  }

  /** Takes in the fields in place of the record's. */
  setFields(record: StoredRecord, fields: RecordFields): StoredRecord {
    this.countFields(record, -1);
    return this.set({ ...record, ...this.copied(record.slot, fields), id: record.id });
  }

  /** Gives the record another vector and, with it, a new slot. */
  move(record: StoredRecord, vector: Float32Array): StoredRecord {
    this.countFields(record, -1);
    this.leave(record.slot);
    const slot = this.size;
    if (record.document) this.documents.sign(slot, record.document);
    return this.set({ ...record, slot, ...this.placed(vector) });
  }

  remove(record: StoredRecord): void {
    this.countFields(record, -1);
    this.leave(record.slot);
    // While a copy is made in another order, another record may be there already.
    if (this.byPosition[record.position] === record) this.byPosition[record.position] = undefined;
    this.byKey.delete(record.key);
  }

  /**
   * Puts the records that are named in this order, in the places that they hold among all. Yields after each
   * that is looked up, and moves them all at once; none may change meanwhile.
   * @returns those that moved
   */
  *order(keys: readonly string[]): Generator<void, string[]> {
    const named: StoredRecord[] = [];
    let [last, inOrder] = [-1, true];
    for (const key of keys) {
      const record = this.byKey.get(key);
      if (record) {
        named.push(record);
        if (record.position < last) inOrder = false;
        last = record.position;
      }
      yield;
    }
    if (inOrder) return [];
    const positions = Float64Array.from(named, ({ position }) => position).sort();
    const moved = named.flatMap((record, index) => {
      const position = positions[index] ?? record.position;
      return position === record.position ? [] : [this.store({ ...record, position })];
    });
    return moved.map(({ key }) => key);
  }

  /** Tells where positions are once those are given away that no record has now; later ones move up. */
  withoutGaps(): (position: number) => number {
    const places = new Uint32Array(this.byPosition.length);
    let records = 0;
    for (let at = 0; at < places.length; at++) {
      places[at] = records;
      if (this.byPosition[at] !== undefined) records++;
    }
    const gaps = places.length - records;
    return (position) => places[position] ?? position - gaps;
  }

  /**
   * The records that a filter may let through.
   * @returns undefined when ChromaDB must be asked: a part of the filter cannot be evaluated here, or an id
   * is unknown, which ChromaDB answers with an error of its own
   */
  candidates({ where, ids }: RecordFilter): Candidates | undefined {
    const named = ids && this.named(ids, where !== undefined);
    if (ids && named === undefined) return undefined;
    const search = () => new FilterSearch(this.size, this.columns, this.documents);
    const candidates = where ? candidatesFor(where, search()) : everySlot(this.size);
    if (candidates === undefined) return undefined;
    const slots = candidates.slots.intersect(this.used);
    return { slots: named ? slots.intersect(named) : slots, check: candidates.check };
  }

  /** Bytes taken by texts, those of earlier records among them. */
  private get textBytes(): number {
    return this.fields.allocatedBytes + this.documents.textBytes + this.adoptedTextBytes;
  }

  private named(ids: readonly string[], skipUnknown: boolean): SlotSet | undefined {
    const slots = new SlotSet(this.size);
    for (const id of ids) {
      const record = this.byKey.get(id);
      if (record) slots.add(record.slot);
      else if (!skipUnknown) return undefined;
    }
    return slots;
  }

  private set(record: StoredRecord): StoredRecord {
    this.columns.set(record.slot, record.metadata);
    this.countFields(record, 1);
    while (record.slot >= this.used.size) this.used = new SlotSet(this.used.size * 2).unite(this.used);
    this.used.add(record.slot);
    return this.store(record);
  }

  private store(record: StoredRecord): StoredRecord {
    this.byKey.set(record.key, record);
    this.bySlot[record.slot] = record;
    this.byPosition[record.position] = record;
    return record;
  }

  private leave(slot: number): void {
    this.columns.clear(slot);
    this.bySlot[slot] = undefined;
    this.used.remove(slot);
  }

  private countFields({ document, metadata, uri }: RecordFields, sign: 1 | -1): void {
    for (const field of [document, metadata, uri]) {
      if (field === undefined) continue;
      this.fieldBytes += sign * lengthOf(field);
      this.fieldCount += sign;
    }
  }

  private placed(vector: Float32Array): Measured {
    const placed = this.vectors.append(vector);
    return { vector: placed, norm: norm(placed) };
  }

  private copied(slot: number, { document, metadata, uri }: RecordFields) {
    return {
      document: document && this.documents.add(slot, document.chunk, document.start, document.end),
      metadata: metadata && this.fields.append(metadata.chunk, metadata.start, metadata.end),
      uri: uri && this.fields.append(uri.chunk, uri.start, uri.end),
    };
  }
}

function lengthOf(field: Placed | undefined): number {
  return field ? field.end - field.start : 0;
}
