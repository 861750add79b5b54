import { JsonCursor } from '../vector/json-cursor.js';
import { isNull, rawElements, rawMembers } from './raw-json.js';
import { RECORD_FIELDS, type RawRecord, type RecordField } from './raw-record.js';

/**
 * Cosine collections keep vectors normalised and multiply them out again when they are read: what ChromaDB
 * gives back is off by up to 2.2 × 2^-24 of the element each time (measured), plus what elements lose that
 * are tiny beside the vector's length.
 */
const COSINE_RELATIVE_ERROR = 2 ** -22;
const COSINE_ERROR_OF_LENGTH = 2 ** -120;

/**
 * ChromaDB reads the JSON numbers of metadata with serde_json's quick method: one in fifty floats of 16 or 17
 * digits becomes its neighbour each time it is written (measured).
 */
const FLOAT_RELATIVE_ERROR = 2 ** -51;

const NOT_TEXT = /^[[{tfn\-0-9]/;
const WHOLE = /^-?\d+$/;

/**
 * The first field in which two records differ otherwise than in how JSON may be written: escapes, the digits
 * of one float, and no metadata as `null` or `{}`; undefined where there is none.
 * @param isCosine vectors may differ by what ChromaDB's own arithmetic loses
 */
export function differingField(one: RawRecord, other: RawRecord, isCosine: boolean): RecordField | undefined {
  return RECORD_FIELDS.find((field) => {
    const [value, match] = [one[field], other[field]];
    if (field === 'embedding') return !isSameVector(value, match, isCosine);
    if (field === 'metadata') return !isSameValue(orEmpty(value), orEmpty(match));
    return !isSameValue(value, match);
  });
}

/**
 * Whether two JSON values are the same: `1` and `1.0` are not, `1e3` and `1000.0` are. Floats may differ by
 * what ChromaDB's reading loses.
 */
export function isSameValue(one: Buffer, other: Buffer): boolean {
  if (one.equals(other)) return true;
  const [first, second] = [one.toString(), other.toString()];
  if (first[0] === '{' && second[0] === '{') return isSameObject(one, other);
  if (first[0] === '[' && second[0] === '[') return isSameArray(one, other);
  if (first[0] === '"' && second[0] === '"') {
    return new JsonCursor(one).string() === new JsonCursor(other).string();
  }
  if (!NOT_TEXT.test(first) || !NOT_TEXT.test(second)) return false;
  const isFloat = !WHOLE.test(first) && !WHOLE.test(second);
  return isFloat && isNear(Number(first), Number(second));
}

function isNear(one: number, other: number): boolean {
  return one === other || Math.abs(one - other) <= Math.abs(one) * FLOAT_RELATIVE_ERROR;
}

function isSameObject(one: Buffer, other: Buffer): boolean {
  const [members, others] = [rawMembers(one), rawMembers(other)];
  return (
    members.size === others.size &&
    [...members].every(([key, value]) => {
      const match = others.get(key);
      return match !== undefined && isSameValue(value, match);
    })
  );
}

function isSameArray(one: Buffer, other: Buffer): boolean {
  const [elements, others] = [rawElements(one), rawElements(other)];
  return (
    elements.length === others.length &&
    elements.every((element, index) => isSameValue(element, others[index] ?? Buffer.of()))
  );
}

function orEmpty(metadata: Buffer): Buffer {
  return isNull(metadata) ? Buffer.from('{}') : metadata;
}

function isSameVector(one: Buffer, other: Buffer, isCosine: boolean): boolean {
  if (one.equals(other)) return true;
  const [vector, others] = [floatsOf(one), floatsOf(other)];
  if (!vector || vector.length !== others?.length) return false;
  const lost = isCosine ? Math.hypot(...vector) * COSINE_ERROR_OF_LENGTH : 0;
  return vector.every((element, index) => {
    const match = others[index] ?? Number.NaN;
    const error = isCosine ? Math.max(lost, Math.abs(element) * COSINE_RELATIVE_ERROR) : 0;
    return Math.abs(element - match) <= error;
  });
}

/** Undefined where an element is no number. */
function floatsOf(vector: Buffer): readonly number[] | undefined {
  const elements = JSON.parse(vector.toString()) as (number | null)[] | null;
  if (!elements || elements.includes(null)) return undefined;
  return elements.map((element) => Math.fround(element ?? 0));
}
