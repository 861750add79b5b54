import { JsonCursor } from './json-cursor.js';
import { patternWeight } from './pattern-weight.js';
import type { Comparison, Operand, Where } from './where.js';

/**
 * The filter is not one that can be answered here: it is malformed, and ChromaDB has the words for that, or
 * it needs what is not kept here (large regular expressions, whole numbers beyond 2^53, reserved keys).
 */
export class UnsupportedFilter extends Error {}

const COMPARISONS: readonly string[] = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte'] satisfies Comparison[];
const DOCUMENT_KEY = '#document';
const DOCUMENT_OPERATORS = ['$contains', '$not_contains', '$regex', '$not_regex'];
/**
 * Operators, special fields, and the keys under which ChromaDB keeps documents and uris among the metadata.
 */
export const RESERVED_KEY = /^([$#]|chroma:)/;
const WHOLE_NUMBER = /^-?\d+$/;
/** SQLite refuses longer patterns of LIKE, and stops at a NUL. */
const MAX_TEXT_CHARS = 10_000;

/**
 * Reads ChromaDB's `where`.
 * @throws UnsupportedFilter, or JsonSyntaxError for bytes that are no JSON
 */
export function parseWhere(cursor: JsonCursor): Where {
  return onlyMember(cursor, (key) => {
    if (key === '$and' || key === '$or') return composite(key, cursor, parseWhere);
    const isCondition = cursor.peek() === OPEN_OBJECT;
    const isDocument = key === DOCUMENT_KEY && isCondition;
    if (RESERVED_KEY.test(key) && !isDocument) throw new UnsupportedFilter(key);
    if (isCondition) return fieldCondition(key, cursor);
    return { kind: 'comparison', key, operator: '$eq', operand: operand(cursor) };
  });
}

/** Reads ChromaDB's `where_document`. Throws as `parseWhere` does. */
export function parseWhereDocument(cursor: JsonCursor): Where {
  return onlyMember(cursor, (key) => {
    if (key === '$and' || key === '$or') return composite(key, cursor, parseWhereDocument);
    return documentCondition(key, cursor);
  });
}

function composite(key: '$and' | '$or', cursor: JsonCursor, parse: (cursor: JsonCursor) => Where): Where {
  const children: Where[] = [];
  cursor.array(() => children.push(parse(cursor)));
  return { kind: key === '$and' ? 'and' : 'or', children };
}

function fieldCondition(key: string, cursor: JsonCursor): Where {
  return onlyMember(cursor, (operator) => {
    if (key === DOCUMENT_KEY) return documentCondition(operator, cursor);
    if (cursor.peek() === OPEN_ARRAY) return setCondition(key, operator, cursor);
    if (operator === '$contains' || operator === '$not_contains') {
      return { kind: 'array', key, negated: operator === '$not_contains', operand: operand(cursor) };
    }
    return comparison(key, operator, operand(cursor));
  });
}

function comparison(key: string, operator: string, value: Operand): Where {
  if (!isComparison(operator)) throw new UnsupportedFilter(operator);
  const ordered = operator !== '$eq' && operator !== '$ne';
  const isNumber = value.type === 'int' || value.type === 'float';
  if (ordered && !isNumber) throw new UnsupportedFilter(operator);
  return { kind: 'comparison', key, operator, operand: value };
}

function setCondition(key: string, operator: string, cursor: JsonCursor): Where {
  if (operator !== '$in' && operator !== '$nin') throw new UnsupportedFilter(operator);
  const operands: Operand[] = [];
  cursor.array(() => operands.push(operand(cursor)));
  const [first] = operands;
  if (first === undefined || !operands.every((each) => fits(each, first)))
    throw new UnsupportedFilter(operator);
  return {
    kind: 'in',
    key,
    negated: operator === '$nin',
    operands: operands.map((each) => ({ ...each, type: first.type }) as Operand),
  };
}

/** The first value fixes the type; a list that starts with a float takes whole numbers too. */
function fits(value: Operand, first: Operand): boolean {
  return value.type === first.type || (first.type === 'float' && value.type === 'int');
}

function documentCondition(operator: string, cursor: JsonCursor): Where {
  if (!DOCUMENT_OPERATORS.includes(operator)) throw new UnsupportedFilter(operator);
  if (cursor.peek() !== QUOTE) throw new UnsupportedFilter(operator);
  const text = cursor.string();
  if (operator === '$regex' || operator === '$not_regex') {
    if (patternWeight(text) === undefined) throw new UnsupportedFilter('pattern');
    return { kind: 'pattern', negated: operator === '$not_regex', pattern: text };
  }
  if (text.length > MAX_TEXT_CHARS || text.includes('\0')) throw new UnsupportedFilter('text');
  return { kind: 'document', negated: operator === '$not_contains', text };
}

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;

function operand(cursor: JsonCursor): Operand {
  if (cursor.peek() === QUOTE) return { type: 'string', value: cursor.string() };
  const { start, end } = cursor.value();
  return scalarOf(Buffer.from(cursor.bytes.subarray(start, end)).toString('latin1'));
}

/** A scalar's JSON text as an operand. */
function scalarOf(text: string): Operand {
  if (text === 'true' || text === 'false') return { type: 'bool', value: text === 'true' };
  const value = Number(text);
  if (text === 'null' || !Number.isFinite(value)) throw new UnsupportedFilter('operand');
  // serde_json reads `-0` as a float.
  if (!WHOLE_NUMBER.test(text) || text === '-0') return { type: 'float', value };
  if (!Number.isSafeInteger(value)) throw new UnsupportedFilter('a whole number beyond 2^53');
  return { type: 'int', value };
}

/** ChromaDB allows one key an object. */
function onlyMember(cursor: JsonCursor, read: (key: string) => Where): Where {
  let found: Where | undefined;
  if (cursor.peek() !== OPEN_OBJECT) throw new UnsupportedFilter('an object was expected');
  cursor.object((key) => {
    if (found) throw new UnsupportedFilter('more than one key');
    found = read(key);
  });
  if (found === undefined) throw new UnsupportedFilter('no key');
  return found;
}

function isComparison(operator: string): operator is Comparison {
  return COMPARISONS.includes(operator);
}
