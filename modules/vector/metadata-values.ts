import { JsonCursor } from './json-cursor.js';
import type { Operand } from './where.js';

/** One metadata field of a record: a scalar, an array of scalars, or what filters cannot see into. */
export type MetadataValue = Operand | readonly Operand[] | 'opaque';

const QUOTE = 0x22;
const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;
const FLOAT_MARK = /[.eE]/;

/** Reads a record's metadata as ChromaDB prints it: floats always with a point or an exponent. */
export function readMetadata(
  bytes: Uint8Array,
  start: number,
  visit: (key: string, value: MetadataValue) => void,
): void {
  const cursor = new JsonCursor(bytes, start);
  cursor.object((key) => {
    visit(key, readValue(cursor));
  });
}

function readValue(cursor: JsonCursor): MetadataValue {
  const first = cursor.peek();
  if (first === QUOTE) return { type: 'string', value: cursor.string() };
  if (first === OPEN_OBJECT) {
    cursor.value();
    return 'opaque';
  }
  if (first === OPEN_ARRAY) return readArray(cursor);
  const { start, end } = cursor.value();
  return scalarOf(Buffer.from(cursor.bytes.subarray(start, end)).toString('latin1'));
}

function readArray(cursor: JsonCursor): MetadataValue {
  const elements: (Operand | 'opaque')[] = [];
  cursor.array(() => {
    const element = readValue(cursor);
    elements.push(isScalar(element) ? element : 'opaque');
  });
  return elements.every((element) => element !== 'opaque') ? elements : 'opaque';
}

function scalarOf(text: string): Operand | 'opaque' {
  if (text === 'true' || text === 'false') return { type: 'bool', value: text === 'true' };
  const value = Number(text);
  if (FLOAT_MARK.test(text)) return { type: 'float', value };
  // Beyond, a double no longer holds every whole number.
  return Number.isSafeInteger(value) && text !== 'null' ? { type: 'int', value } : 'opaque';
}

/** Whether it is neither an array nor opaque. */
export function isScalar(value: MetadataValue): value is Operand {
  return typeof value === 'object' && 'type' in value;
}
