import type { Comparison, Operand, RecordFilter } from '../vector/where.js';
import { ByteArena, type Placed } from './byte-arena.js';
import { DocumentTexts } from './document-texts.js';
import { FilterColumns } from './filter-columns.js';
import { matchingSlots, type FilterSource } from './matching-slots.js';
import { PatternSearch } from './pattern-search.js';
import type { RecordPage, Span } from './record-page.js';
import { SlotSet } from './slot-set.js';

/** What may be left over by updates and removals in any case. */
const MIN_WORN_SLOTS = 1_000;
const MIN_WORN_BYTES = 64 * 1024 * 1024;
/** Rough cost of one record's entries in maps and arrays on the JavaScript heap. */
const HEAP_BYTES_PER_SLOT = 400;

export interface StoredRecord {
  /** Where the record stands in columns and in the graph; another one after each change of its vector. */
  slot: number;
  readonly id: Placed;
  document: Placed | undefined;
  metadata: Placed | undefined;
  uri: Placed | undefined;
  vector: Float32Array;
}

/** The records of one mirror with their fields, by id and by slot, and what filters find them with. */
export class StoredRecords implements FilterSource {
  private readonly byId = new Map<string, StoredRecord>();
  private readonly bySlot: (StoredRecord | undefined)[] = [];
  private readonly fields = new ByteArena();
  private readonly documents = new DocumentTexts<StoredRecord>();
  private readonly columns = new FilterColumns();
  private vectorBytes = 0;
  /** Bytes of fields that records have; the rest of what was allocated is left over from earlier ones. */
  private fieldBytes = 0;
  /** The used slots; undefined after a change until it is asked for. */
  private used: SlotSet | undefined;
  /** Of the search that is going on. */
  private patterns = new PatternSearch();

  /** Records there are. */
  get count(): number {
    return this.byId.size;
  }

  /** Slots there are, used or not. */
  get size(): number {
    return this.bySlot.length;
  }

  get bytes(): number {
    const heap = this.size * HEAP_BYTES_PER_SLOT;
    return this.fields.allocatedBytes + this.documents.bytes + this.columns.bytes + this.vectorBytes + heap;
  }

  /** Whether more was left over by updates and removals than is in use. */
  get worn(): boolean {
    const allocated = this.fields.allocatedBytes + this.documents.bytes;
    const unusedSlots = this.size - this.count;
    return unusedSlots > this.count + MIN_WORN_SLOTS || allocated > 2 * this.fieldBytes + MIN_WORN_BYTES;
  }

  ids(): string[] {
    return [...this.byId.keys()];
  }

  find(id: string): StoredRecord | undefined {
    return this.byId.get(id);
  }

  at(slot: number): StoredRecord | undefined {
    return this.bySlot[slot];
  }

  insert(page: RecordPage, row: number, vector: Float32Array): StoredRecord {
    const { ids, idTexts, bytes } = page;
    const idText = idTexts[row];
    if (idText === undefined) throw new RangeError('a record needs an id');
    const id = this.fields.append(bytes, idText.start, idText.end);
    const record = { slot: this.size, id, document: undefined, metadata: undefined, uri: undefined, vector };
    this.byId.set(ids[row] ?? '', record);
    this.bySlot.push(record);
    this.vectorBytes += vector.byteLength;
    this.setFields(record, page, row);
    return record;
  }

  /** Takes in the fields of the page's row in place of the record's. */
  setFields(record: StoredRecord, page: RecordPage, row: number): void {
    this.fieldBytes -= lengthOfFields(record);
    const document = page.documents[row];
    record.document = document && this.documents.add(record, page.bytes, document.start, document.end);
    record.metadata = this.place(page, page.metadatas[row]);
    record.uri = this.place(page, page.uris[row]);
    this.fieldBytes += lengthOfFields(record);
    this.columns.set(record.slot, record.metadata);
    this.used = undefined;
  }

  /** Gives the record another vector and, with it, a new slot. */
  move(record: StoredRecord, vector: Float32Array): void {
    this.columns.clear(record.slot);
    this.bySlot[record.slot] = undefined;
    record.slot = this.size;
    record.vector = vector;
    this.bySlot.push(record);
    this.columns.set(record.slot, record.metadata);
    this.used = undefined;
  }

  remove(id: string, record: StoredRecord): void {
    this.columns.clear(record.slot);
    this.bySlot[record.slot] = undefined;
    this.byId.delete(id);
    this.fieldBytes -= lengthOfFields(record);
    this.vectorBytes -= record.vector.byteLength;
    this.used = undefined;
  }

  /**
   * The slots of records that a filter lets through.
   * @returns undefined when ChromaDB must be asked: a part of the filter cannot be evaluated here, or an id
   * is unknown, which ChromaDB answers with an error of its own
   */
  matching({ where, ids }: RecordFilter): SlotSet | undefined {
    const named = ids && this.named(ids, where !== undefined);
    if (ids && named === undefined) return undefined;
    this.patterns = new PatternSearch();
    const matching = where && matchingSlots(where, this);
    if (where && matching === undefined) return undefined;
    const slots = (matching ?? new SlotSet(this.size).invert()).intersect(this.usedSlots());
    return named ? slots.intersect(named) : slots;
  }

  compare(key: string, operator: Comparison, operand: Operand): SlotSet | undefined {
    return this.columns.compare(this.size, key, operator, operand);
  }

  arrayHas(key: string, operand: Operand): SlotSet | undefined {
    return this.columns.arrayHas(this.size, key, operand);
  }

  documentHas(text: string): SlotSet | undefined {
    const slots = new SlotSet(this.size);
    const searched = this.documents.find(text, (record, placed) => {
      // Documents that were replaced or removed are still there.
      if (record.document === placed && this.bySlot[record.slot] === record) slots.add(record.slot);
    });
    return searched ? slots : undefined;
  }

  documentMatches(pattern: string): SlotSet | undefined {
    const slots = new SlotSet(this.size);
    const test = this.patterns.tester(pattern);
    if (test === undefined) return undefined;
    for (const { slot, document } of this.byId.values()) {
      const matches = document === undefined ? false : test(document);
      if (matches === undefined) return undefined;
      if (matches) slots.add(slot);
    }
    return slots;
  }

  private named(ids: readonly string[], skipUnknown: boolean): SlotSet | undefined {
    const slots = new SlotSet(this.size);
    for (const id of ids) {
      const record = this.byId.get(id);
      if (record) slots.add(record.slot);
      else if (!skipUnknown) return undefined;
    }
    return slots;
  }

  private usedSlots(): SlotSet {
    if (this.used === undefined) {
      this.used = new SlotSet(this.size);
      for (const { slot } of this.byId.values()) this.used.add(slot);
    }
    return this.used;
  }

  private place({ bytes }: RecordPage, span: Span | undefined): Placed | undefined {
    return span && this.fields.append(bytes, span.start, span.end);
  }
}

function lengthOfFields({ document, metadata, uri }: StoredRecord): number {
  return [document, metadata, uri].reduce((sum, field) => sum + (field ? field.end - field.start : 0), 0);
}
