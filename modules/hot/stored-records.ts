import type { Comparison, Operand, RecordFilter } from '../vector/where.js';
import { ByteArena, type Placed } from './byte-arena.js';
import { DocumentTexts } from './document-texts.js';
import { FilterColumns } from './filter-columns.js';
import { HEAP_BYTES_PER_FIELD, HEAP_BYTES_PER_SLOT } from './mirror-bytes.js';
import { matchingSlots, type FilterSource } from './matching-slots.js';
import type { RecordPage, Span } from './record-page.js';
import { SlotSet } from './slot-set.js';

/** What may be left over by updates and removals in any case. */
const MIN_WORN_SLOTS = 1_000;
const MIN_WORN_BYTES = 64 * 1024 * 1024;

export interface StoredRecord {
  /** Where the record stands in columns and in the graph; another one after each change of its vector. */
  slot: number;
  readonly id: Placed;
  document: Placed | undefined;
  metadata: Placed | undefined;
  uri: Placed | undefined;
  vector: Float32Array;
}

/** Slots and bytes that a page will take. */
export interface Growth {
  readonly slots: number;
  readonly bytes: number;
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
  private fieldCount = 0;
  /** The used slots; undefined after a change until it is asked for. */
  private used: SlotSet | undefined;

  /** Records there are. */
  get count(): number {
    return this.byId.size;
  }

  /** Slots there are, used or not. */
  get size(): number {
    return this.bySlot.length;
  }

  get bytes(): number {
    const heap = this.size * HEAP_BYTES_PER_SLOT + this.fieldCount * HEAP_BYTES_PER_FIELD;
    return this.fields.allocatedBytes + this.documents.bytes + this.columns.bytes + this.vectorBytes + heap;
  }

  /** Bytes of the records' fields and of their columns, without what is left over or allocated ahead. */
  get fieldBytesInUse(): number {
    return this.fieldBytes + this.fieldCount * HEAP_BYTES_PER_FIELD + this.columns.bytesOf(this.size);
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

  /**
   * Bytes that taking the page in will take at the most, row by row as it will be done.
   * @param isMoved whether a record gets another vector by this row
   */
  growth(
    page: RecordPage,
    dimension: number,
    isMoved: (record: StoredRecord, row: number) => boolean,
  ): Growth {
    const columns = this.columns.growth();
    const texts: { readonly fields: number[]; readonly documents: number[] } = { fields: [], documents: [] };
    let [slots, added, present] = [0, 0, 0];
    page.ids.forEach((id, row) => {
      const known = this.byId.get(id);
      const [document, metadata, uri] = [page.documents[row], page.metadatas[row], page.uris[row]];
      present += [document, metadata, uri].filter((field) => field !== undefined).length;
      if (known === undefined) texts.fields.push(lengthOf(page.idTexts[row]));
      texts.documents.push(lengthOf(document));
      texts.fields.push(lengthOf(metadata), lengthOf(uri));
      const text = metadata && { chunk: page.bytes, start: metadata.start };
      if (known && text) columns.set(known.slot, text);
      if (known && !isMoved(known, row)) return;
      if (text) columns.set(this.size + slots, text);
      slots++;
      if (known === undefined) added++;
    });
    const heapBytes = slots * HEAP_BYTES_PER_SLOT + present * HEAP_BYTES_PER_FIELD;
    const vectorBytes = added * dimension * Float32Array.BYTES_PER_ELEMENT;
    const arenaBytes = this.fields.growth(texts.fields) + this.documents.growth(texts.documents);
    return { slots, bytes: heapBytes + vectorBytes + arenaBytes + columns.bytes };
  }

  /** Takes in the fields of the page's row in place of the record's. */
  setFields(record: StoredRecord, page: RecordPage, row: number): void {
    this.countFields(record, -1);
    const document = page.documents[row];
    record.document = document && this.documents.add(record, page.bytes, document.start, document.end);
    record.metadata = this.place(page, page.metadatas[row]);
    record.uri = this.place(page, page.uris[row]);
    this.countFields(record, 1);
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
    this.countFields(record, -1);
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

  private countFields({ document, metadata, uri }: StoredRecord, sign: 1 | -1): void {
    for (const field of [document, metadata, uri]) {
      if (field === undefined) continue;
      this.fieldBytes += sign * lengthOf(field);
      this.fieldCount += sign;
    }
  }

  private place({ bytes }: RecordPage, span: Span | undefined): Placed | undefined {
    return span && this.fields.append(bytes, span.start, span.end);
  }
}

function lengthOf(span: Span | undefined): number {
  return span ? span.end - span.start : 0;
}
