import { isScalar, readMetadata, type MetadataValue } from '../vector/metadata-values.js';
import { comparedRange, type Comparison, type Operand, type Positive } from '../vector/where.js';
import { SlotSet, SLOTS_PER_WORD } from './slot-set.js';

/** The type of a stored scalar; `ABSENT` also where the record has an array under the key. */
const ABSENT = 0;
const STRING = 1;
const BOOL = 2;
const INT = 3;
const FLOAT = 4;
/** A value that filters cannot be compared with here. */
const OPAQUE = 5;

const TYPE_CODES = { string: STRING, bool: BOOL, int: INT, float: FLOAT } as const;
const INITIAL_SLOTS = 1_024;
/** One type and one value. */
const SLOT_BYTES = 1 + 8;
/** Rough cost on the JavaScript heap of an entry of a map, and of one of its strings' characters. */
const ENTRY_HEAP_BYTES = 100;
const CHARACTER_HEAP_BYTES = 2;

/** All values of one metadata key, by slot: scans over typed arrays instead of objects. */
class Column {
  types = new Uint8Array(INITIAL_SLOTS);
  /** The number, 0 or 1, or the string's code. */
  values = new Float64Array(INITIAL_SLOTS);
  readonly codes = new Map<string, number>();
  readonly arrays = new Map<number, readonly Operand[]>();
  /** Rough bytes of the codes' strings and of the arrays. */
  heapBytes = 0;
  /** Slots with a value that cannot be compared here. */
  opaque = 0;

  get bytes(): number {
    return this.types.byteLength + this.values.byteLength + this.heapBytes;
  }

  set(slot: number, value: MetadataValue): void {
    this.makeRoom(slot);
    if (value === 'opaque') {
      this.types[slot] = OPAQUE;
      this.opaque++;
    } else if (isScalar(value)) {
      this.types[slot] = TYPE_CODES[value.type];
      this.values[slot] = this.encode(value, true);
    } else {
      this.arrays.set(slot, value);
      this.heapBytes += heapBytesOf(value);
    }
  }

  clear(slot: number): void {
    if (this.types[slot] === OPAQUE) this.opaque--;
    if (slot < this.types.length) this.types[slot] = ABSENT;
    const array = this.arrays.get(slot);
    if (array === undefined) return;
    this.heapBytes -= heapBytesOf(array);
    this.arrays.delete(slot);
  }

  /** The number that stands for a scalar; -1 for a string that no record has. */
  encode(value: Operand, remember = false): number {
    if (value.type !== 'string') return Number(value.value);
    const known = this.codes.get(value.value);
    if (known !== undefined) return known;
    if (!remember) return -1;
    this.codes.set(value.value, this.codes.size);
    this.heapBytes += heapBytesOf(value);
    return this.codes.size - 1;
  }

  /** Adds the slots whose values are of the type and in the range. */
  findInto(slots: SlotSet, { type, low, high }: TypeRange): void {
    const { types, values } = this;
    const end = Math.min(slots.size, types.length);
    for (let from = 0; from < end; from += SLOTS_PER_WORD) {
      const inWord = Math.min(SLOTS_PER_WORD, end - from);
      let bits = 0;
      for (let bit = 0; bit < inWord; bit++) {
        const value = values[from + bit] ?? 0;
        if (types[from + bit] === type && value >= low && value <= high) bits |= 1 << bit;
      }
      slots.addWord(from / SLOTS_PER_WORD, bits);
    }
  }

  private makeRoom(slot: number): void {
    const length = lengthFor(slot, this.types.length);
    if (length === this.types.length) return;
    const types = new Uint8Array(length);
    const values = new Float64Array(length);
    types.set(this.types);
    values.set(this.values);
    this.types = types;
    this.values = values;
  }
}

/** Slots that a column has once it has this one. */
function lengthFor(slot: number, length: number): number {
  return slot < length ? length : Math.max(slot + 1, length * 2);
}

function heapBytesOf(value: MetadataValue): number {
  if (value === 'opaque') return 0;
  if (!isScalar(value)) {
    return value.reduce((sum, element) => sum + ENTRY_HEAP_BYTES + textBytesOf(element), ENTRY_HEAP_BYTES);
  }
  return value.type === 'string' ? ENTRY_HEAP_BYTES + textBytesOf(value) : 0;
}

function textBytesOf({ type, value }: Operand): number {
  return type === 'string' ? value.length * CHARACTER_HEAP_BYTES : 0;
}

/** Reckons what columns would take in, without taking it in. */
export class ColumnsGrowth {
  bytes = 0;
  private readonly lengths = new Map<string, number>();

  constructor(private readonly columns: ReadonlyMap<string, Column>) {}

  /** As `FilterColumns.set`; at least what that will take. */
  set(slot: number, metadata: MetadataText): void {
    readMetadata(metadata.chunk, metadata.start, (key, value) => {
      const column = this.columns.get(key);
      const known = this.lengths.get(key) ?? column?.types.length ?? 0;
      const length = lengthFor(slot, Math.max(INITIAL_SLOTS, known));
      this.bytes += (length - known) * SLOT_BYTES + heapBytesOf(value);
      this.lengths.set(key, length);
    });
  }
}

/** A record's metadata, JSON text from `start` on. */
interface MetadataText {
  readonly chunk: Uint8Array;
  readonly start: number;
}

/** Metadata of all records in columns, one a key. */
export class FilterColumns {
  private readonly columns = new Map<string, Column>();

  get bytes(): number {
    let bytes = 0;
    for (const column of this.columns.values()) bytes += column.bytes;
    return bytes;
  }

  /** Bytes of so many slots, at the most that doubling arrays leaves unused, and of what lies on the heap. */
  bytesOf(slots: number): number {
    let bytes = 2 * slots * SLOT_BYTES * this.columns.size;
    for (const column of this.columns.values()) bytes += column.heapBytes;
    return bytes;
  }

  /** What more metadata would take. */
  growth(): ColumnsGrowth {
    return new ColumnsGrowth(this.columns);
  }

  /** Takes in a record's metadata, in a slot that has none. */
  set(slot: number, metadata: MetadataText): void {
    readMetadata(metadata.chunk, metadata.start, (key, value) => {
      let column = this.columns.get(key);
      if (column === undefined) this.columns.set(key, (column = new Column()));
      column.set(slot, value);
    });
  }

  /** Leaves out the metadata that the slot has, whose text tells its keys: no list of them is kept. */
  clear(slot: number, metadata: MetadataText): void {
    readMetadata(metadata.chunk, metadata.start, (key) => this.columns.get(key)?.clear(slot));
  }

  /**
   * Slots below `size` whose value under the key compares so; for `$ne` those for which `$eq` does not hold,
   * among them those that lack the key.
   * @returns undefined when a record has a value that cannot be compared here
   */
  compare(size: number, key: string, operator: Comparison, operand: Operand): SlotSet | undefined {
    const matching = this.scan(size, key, operator === '$ne' ? '$eq' : operator, operand);
    return operator === '$ne' ? matching?.invert() : matching;
  }

  /** Slots whose array under the key has the element; of the element's very type: 1 is not 1.0. */
  arrayHas(size: number, key: string, { type, value }: Operand): SlotSet | undefined {
    const slots = new SlotSet(size);
    const column = this.columns.get(key);
    for (const [slot, elements] of column?.arrays ?? []) {
      if (elements.some((element) => element.type === type && element.value === value)) slots.add(slot);
    }
    return column === undefined || column.opaque === 0 ? slots : undefined;
  }

  private scan(size: number, key: string, operator: Positive, operand: Operand): SlotSet | undefined {
    const slots = new SlotSet(size);
    const column = this.columns.get(key);
    if (column === undefined) return slots;
    if (column.opaque > 0) return undefined;
    for (const range of rangesOf(column, operator, operand)) column.findInto(slots, range);
    return slots;
  }
}

/** Values of a type that match, from `low` to `high`; none where `low` is above `high`. */
interface TypeRange {
  readonly type: number;
  readonly low: number;
  readonly high: number;
}

function rangesOf(column: Column, operator: Positive, operand: Operand): readonly TypeRange[] {
  const bound = column.encode(operand);
  if (operand.type !== 'int' && operand.type !== 'float') {
    return [{ type: TYPE_CODES[operand.type], low: bound, high: bound }];
  }
  return [INT, FLOAT].map((type) => ({ type, ...comparedRange(operator, bound, type === INT) }));
}
