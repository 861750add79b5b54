import { areFinite } from '../vector/finite-vector.js';
import type { JsonCursor } from '../vector/json-cursor.js';
import type { NearestScore, RankExpression } from '../vector/ranked-search.js';
import {
  readBoolean,
  readFloat32,
  readList,
  readMembers,
  readOnlyMember,
  readU32,
  refuse,
} from './wire-members.js';
import { roomForVectors } from './wire-vectors.js';

/** Far below the nesting of JSON at which ChromaDB gives up. */
const MAX_EXPRESSION_DEPTH = 32;
const DEFAULT_NEAREST = 16;
/** ChromaDB has one dense vector a record; sparse ones lie under metadata keys. */
const VECTOR_KEY = '#embedding';

/**
 * Reads ChromaDB's `rank` expression. Each vector's length is told to `onVector`.
 * @throws JsonSyntaxError for what is malformed, for sparse vectors, and for what is nested too deeply
 */
export function readRankExpression(
  cursor: JsonCursor,
  onVector: (dimension: number) => void,
  depth = 1,
): RankExpression {
  if (depth > MAX_EXPRESSION_DEPTH) refuse(cursor, 'nested too deeply');
  const next = () => readRankExpression(cursor, onVector, depth + 1);
  return readOnlyMember(cursor, (operator): RankExpression => {
    switch (operator) {
      case '$val':
        return { kind: 'value', value: readFloat32(cursor) };
      case '$knn':
        return readNearest(cursor, onVector);
      case '$abs':
        return { kind: 'abs', of: next() };
      case '$exp':
        return { kind: 'exp', of: next() };
      case '$log':
        return { kind: 'log', of: next() };
      case '$sub':
        return { kind: 'sub', ...readPair(cursor, next) };
      case '$div':
        return { kind: 'div', ...readPair(cursor, next) };
      case '$sum':
        return { kind: 'sum', parts: readList(cursor, next) };
      case '$mul':
        return { kind: 'mul', parts: readList(cursor, next) };
      case '$max':
        return { kind: 'max', parts: readList(cursor, next) };
      case '$min':
        return { kind: 'min', parts: readList(cursor, next) };
      default:
        return refuse(cursor, 'unknown operator');
    }
  });
}

function readPair(cursor: JsonCursor, next: () => RankExpression) {
  const { left, right } = readMembers(cursor, { left: next, right: next });
  return left && right ? { left, right } : refuse(cursor, 'a side is missing');
}

function readVector(cursor: JsonCursor): Float32Array {
  const room = roomForVectors(cursor);
  const vector = room.slice(0, cursor.floats(room, 0));
  return areFinite(vector) ? vector : refuse(cursor, 'no finite float32');
}

function readNearest(cursor: JsonCursor, onVector: (dimension: number) => void): NearestScore {
  const members = readMembers(cursor, {
    query: () => readVector(cursor),
    key: () => cursor.string() === VECTOR_KEY || refuse(cursor, 'another vector'),
    limit: () => readU32(cursor),
    default: () => (cursor.isNull() ? undefined : readFloat32(cursor)),
    return_rank: () => readBoolean(cursor),
  });
  const {
    query: vector,
    limit = DEFAULT_NEAREST,
    default: otherwise,
    return_rank: byPlace = false,
  } = members;
  if (vector === undefined || vector.length === 0) refuse(cursor, 'no vector');
  onVector(vector.length);
  return { kind: 'nearest', vector, limit, otherwise, byPlace };
}
