import { areFinite } from '../vector/finite-vector.js';
import { JsonCursor } from '../vector/json-cursor.js';
import { chromaFloatText } from './chroma-number.js';
import type { RecordPage, Span } from './record-page.js';

/** What ChromaDB stores of the body, or prints of it later, is not certain enough: it must be read back. */
export class Unforeseeable extends Error {}

/** A double's relative error, ours and ChromaDB's together, when it was read from a decimal text. */
const READING_ERROR = 2 ** -49;
/** Up to so many digits, and an exact power of ten, every reader of a decimal finds the same double. */
const EXACT_DIGITS = 15;
const SMALLEST_PLAIN = 1e-4;
const WHOLE_NUMBER = /^(0|-?[1-9]\d*)$/;
const DECIMAL = /^-?(0|[1-9]\d*)\.\d+$/;
const FLOAT = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Escapes that ChromaDB writes as well: `"`, `\`, `b`, `f`, `n`, `r`, `t`. */
const PLAIN_ESCAPES = new Set([0x22, 0x5c, 0x62, 0x66, 0x6e, 0x72, 0x74]);
/** Keys of ChromaDB's own begin so. */
const RESERVED_KEYS = ['chroma:', '#', '$'];

/**
 * Reads the body of an `add` or `upsert` as the page that ChromaDB would give for its records, if all of them
 * are new: only where each text in it is certainly the one that ChromaDB prints. Yields after each vector.
 * @throws Unforeseeable or JsonSyntaxError where that is not certain
 */
export function* readWrittenPage(bytes: Uint8Array, dimension: number): Generator<void, RecordPage> {
  const cursor = new JsonCursor(bytes);
  const columns = new Map<string, (Span | undefined)[]>();
  let vectors: Float32Array | undefined;
  for (const key of cursor.members()) {
    if (columns.has(key)) throw new Unforeseeable('a repeated member');
    const column: (Span | undefined)[] = [];
    columns.set(key, column);
    const count = columns.get('ids')?.length ?? 0;
    if (key === 'embeddings') vectors = yield* readVectors(cursor, count, dimension);
    else readColumn(cursor, readerOf(key), column);
    if (key === 'ids') checkIds(column);
    else if (key !== 'embeddings' && column.length !== 0 && column.length !== count)
      throw new Unforeseeable('columns differ in length');
  }
  cursor.end();
  const idTexts = (columns.get('ids') ?? []).filter((id) => id !== undefined);
  if (vectors === undefined) throw new Unforeseeable('no vectors');
  const [documents = [], metadatas = [], uris = []] = ['documents', 'metadatas', 'uris'].map((key) =>
    columns.get(key),
  );
  const ids = idTexts.map(({ start }) => new JsonCursor(bytes, start).string());
  return { bytes, ids, idTexts, vectors, documents, metadatas, uris };
}

type Reader = (cursor: JsonCursor) => Span;

function readerOf(key: string): Reader {
  if (key === 'ids' || key === 'documents' || key === 'uris') return readText;
  if (key === 'metadatas') return readMetadata;
  throw new Unforeseeable(`the member ${key}`);
}

function readColumn(cursor: JsonCursor, read: Reader, column: (Span | undefined)[]): void {
  if (cursor.isNull()) return;
  cursor.array(() => {
    column.push(cursor.isNull() ? undefined : read(cursor));
  });
}

function checkIds(ids: readonly (Span | undefined)[]): void {
  if (ids.includes(undefined)) throw new Unforeseeable('a null id');
}

/** The members come in any order, but ids must come first: ChromaDB's clients send them so. */
function* readVectors(cursor: JsonCursor, count: number, dimension: number): Generator<void, Float32Array> {
  const vectors = new Float32Array(count * dimension);
  const numbers = new Float64Array(dimension);
  let rows = 0;
  for (const index of cursor.elements()) {
    if (index >= count) throw new Unforeseeable('more vectors than ids');
    const row = vectors.subarray(index * dimension, (index + 1) * dimension);
    if (cursor.peek() === QUOTE) readBase64(cursor, row);
    else readNumbers(cursor, numbers, row);
    rows++;
    yield;
  }
  if (rows !== count) throw new Unforeseeable('fewer vectors than ids');
  return vectors;
}

/** Little-endian float32, which is this processor's order too, as ChromaDB's clients send them. */
function readBase64(cursor: JsonCursor, row: Float32Array): void {
  const text = cursor.flatString().toString('latin1');
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  if (bytes.write(text, 'base64') !== bytes.length || bytes.toString('base64') !== text)
    throw new Unforeseeable('odd base64');
  if (!areFinite(row)) throw new Unforeseeable('no finite number');
}

function readNumbers(cursor: JsonCursor, numbers: Float64Array, row: Float32Array): void {
  if (cursor.floats(numbers, 0) !== numbers.length) throw new Unforeseeable('another dimension');
  for (const value of numbers) if (!isCertain(value)) throw new Unforeseeable('a number between two floats');
  row.set(numbers);
}

/** Whether all who read the number find the same finite float32. */
function isCertain(value: number): boolean {
  const float = Math.fround(value * (1 - READING_ERROR));
  return Number.isFinite(float) && float === Math.fround(value * (1 + READING_ERROR));
}

/** A string without escapes that ChromaDB writes in another way. */
function readText(cursor: JsonCursor): Span {
  const { start, end } = cursor.value();
  const text = cursor.bytes.subarray(start, end);
  if (text[0] !== QUOTE || text.length < 3) throw new Unforeseeable('no text, or an empty one');
  for (let at = text.indexOf(BACKSLASH); at >= 0; at = text.indexOf(BACKSLASH, at + 2)) {
    if (!PLAIN_ESCAPES.has(text[at + 1] ?? 0)) throw new Unforeseeable('an escape');
  }
  return { start, end };
}

/**
 * An object of scalars without white space, as ChromaDB prints it but for the order of its keys, and for
 * floats, which are written here as it prints them.
 */
function readMetadata(cursor: JsonCursor): Span {
  cursor.peek();
  const start = cursor.position;
  const keys = new Set<string>();
  const floats: WrittenFloat[] = [];
  let length = 1;
  cursor.object((key) => {
    if (keys.has(key) || RESERVED_KEYS.some((reserved) => key.startsWith(reserved)))
      throw new Unforeseeable(`the key ${key}`);
    keys.add(key);
    const value = readScalar(cursor, floats);
    // Quotes, a colon, and a comma or the end.
    length += Buffer.byteLength(key) + 4 + value.end - value.start;
  });
  const end = cursor.position;
  // White space, an escape in a key, or no key at all.
  if (keys.size === 0 || end - start !== length) throw new Unforeseeable('metadata in another form');
  return floats.length === 0 ? { start, end } : rewritten(cursor.bytes, { start, end }, floats);
}

/** A float that ChromaDB prints in another way than it was written. */
interface WrittenFloat extends Span {
  readonly printed: string;
}

/** The bytes of the span, but with floats as they are printed. */
function rewritten(bytes: Uint8Array, { start, end }: Span, floats: readonly WrittenFloat[]): Span {
  const pieces: Uint8Array[] = [];
  let from = start;
  for (const { start: at, end: next, printed } of floats) {
    pieces.push(bytes.subarray(from, at), Buffer.from(printed));
    from = next;
  }
  const chunk = Buffer.concat([...pieces, bytes.subarray(from, end)]);
  return { chunk, start: 0, end: chunk.length };
}

function readScalar(cursor: JsonCursor, floats: WrittenFloat[]): Span {
  if (cursor.peek() === QUOTE) return readText(cursor);
  const { start, end } = cursor.value();
  const text = Buffer.from(cursor.bytes.subarray(start, end)).toString('latin1');
  if (text === 'true' || text === 'false' || isPlainNumber(text)) return { start, end };
  const printed = FLOAT.test(text) && !WHOLE_NUMBER.test(text) ? chromaFloatText(text) : undefined;
  if (printed === undefined) throw new Unforeseeable(`the value ${text}`);
  if (printed !== text) floats.push({ start, end, printed });
  return { start, end };
}

/** Whether a number is written as ChromaDB prints it: whole, or the shortest decimal of the same double. */
function isPlainNumber(text: string): boolean {
  const value = Number(text);
  if (WHOLE_NUMBER.test(text)) return Number.isSafeInteger(value);
  if (!DECIMAL.test(text) || text.length > EXACT_DIGITS) return false;
  const size = Math.abs(value);
  const printed = Number.isInteger(value) ? `${value}.0` : String(value);
  return printed === text && (size === 0 || size >= SMALLEST_PLAIN);
}
