import { norm, type Measured } from '../vector/distance.js';
import type { RecordFilter } from '../vector/where.js';
import { ByteArena } from './byte-arena.js';
import { candidatesFor, everySlot, type Candidates } from './candidates.js';
import { DocumentTexts } from './document-texts.js';
import { FilterColumns } from './filter-columns.js';
import { FilterSearch } from './filter-search.js';
import { HEAP_BYTES_PER_SLOT } from './mirror-bytes.js';
import { lengthsOf, RecordTexts, totalOf, type RecordFields } from './record-texts.js';
import { SlotSet } from './slot-set.js';
import { StoredRecord } from './stored-record.js';
import { VectorStore } from './vector-store.js';

/** What may be left over by updates and removals in any case. */
const MIN_WORN_SLOTS = 1_000;
const MIN_WORN_BYTES = 64 * 1024 * 1024;
const LEAST_SLOTS = 1_024;

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
  private readonly texts = new ByteArena();
  private readonly documents = new DocumentTexts();
  private readonly columns = new FilterColumns();
  /** Bytes of fields that records have; the rest of what was allocated is left over from earlier ones. */
  private fieldBytes = 0;
  /** Bytes that lie where they were before they came in. */
  private adoptedTextBytes = 0;
  private adoptedVectorBytes = 0;
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
    const vectorBytes = this.vectors.bytes + this.adoptedVectorBytes;
    const found = this.documents.bytes + this.columns.bytes;
    return this.textBytes + found + vectorBytes + slots * HEAP_BYTES_PER_SLOT;
  }

  /** Bytes of the records' fields and of their columns, without what is left over or allocated ahead. */
  get fieldBytesInUse(): number {
    return this.fieldBytes + this.columns.bytesOf(this.size);
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
    const texts = RecordTexts.copied(fields, this.texts);
    return this.set(new StoredRecord(key, texts, this.placed(vector), this.size, position));
  }

  /**
   * Adds a record behind all others, in a slot that none has. Texts and vector are not copied: what they lie
   * in must never change.
   */
  adopt(key: string, texts: RecordTexts, vector: Float32Array, slot: number): StoredRecord {
    this.leaveEmpty(slot + 1);
    this.adoptedTextBytes += texts.bytes;
    this.adoptedVectorBytes += vector.byteLength;
    return this.set(new StoredRecord(key, texts, measured(vector), slot, this.byPosition.length));
  }

  /** Leaves those of the slots below `slot` empty that are new. */
  leaveEmpty(slot: number): void {
    while (this.size < slot) this.bySlot.push(undefined);
  }

  /** Slots and bytes that taking records in will take at the most, in this order. */
  growth(incoming: Iterable<IncomingRecord>): Growth {
    const columns = this.columns.growth();
    const lengths: number[] = [];
    let [slots, documents] = [0, 0];
    for (const { key, fields, isMoved } of incoming) {
      const { document, metadata } = fields;
      const known = this.byKey.get(key);
      lengths.push(totalOf(lengthsOf(fields)));
      if (document) documents++;
      if (known && metadata) columns.set(known.slot, metadata);
      if (known && !isMoved(known)) continue;
      if (metadata) columns.set(this.size + slots, metadata);
      slots++;
    }
    const signatureBytes = documents > 0 ? this.documents.growth(this.size + slots) : 0;
    const heldBytes = slots * HEAP_BYTES_PER_SLOT + this.vectors.growth(slots);
    return { slots, bytes: heldBytes + this.texts.growth(lengths) + signatureBytes + columns.bytes };
  }

  /** Takes in the fields in place of the record's. */
  setFields(record: StoredRecord, fields: RecordFields): StoredRecord {
    this.clear(record);
    return this.set(record.withTexts(RecordTexts.copied(fields, this.texts)));
  }

  /** Gives the record another vector and, with it, a new slot. */
  move(record: StoredRecord, vector: Float32Array): StoredRecord {
    this.leave(record);
    return this.set(record.withVector(this.placed(vector), this.size));
  }

  remove(record: StoredRecord): void {
    this.leave(record);
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
      return position === record.position ? [] : [this.store(record.at(position))];
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
    return this.texts.allocatedBytes + this.adoptedTextBytes;
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
    const { slot, document, metadata } = record;
    if (metadata) this.columns.set(slot, metadata);
    if (document) this.documents.add(slot, document);
    this.fieldBytes += record.texts.fieldBytes;
    while (slot >= this.used.size) this.used = new SlotSet(this.used.size * 2).unite(this.used);
    this.used.add(slot);
    return this.store(record);
  }

  private store(record: StoredRecord): StoredRecord {
    this.byKey.set(record.key, record);
    this.bySlot[record.slot] = record;
    this.byPosition[record.position] = record;
    return record;
  }

  private placed(vector: Float32Array): Measured {
    return measured(this.vectors.append(vector));
  }

  private leave(record: StoredRecord): void {
    this.clear(record);
    this.bySlot[record.slot] = undefined;
    this.used.remove(record.slot);
  }

  /** Makes the record's slot one without metadata; its bits of a document stay. */
  private clear(record: StoredRecord): void {
    const { slot, metadata } = record;
    if (metadata) this.columns.clear(slot, metadata);
    this.fieldBytes -= record.texts.fieldBytes;
  }
}

function measured(vector: Float32Array): Measured {
  return { vector, norm: norm(vector) };
}
