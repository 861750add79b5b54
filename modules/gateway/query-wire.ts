import type { ReadQuery } from '../routing/query.js';
import { JsonCursor } from '../vector/json-cursor.js';
import { parseWhere, parseWhereDocument } from '../vector/where-parser.js';
import type { RecordFilter, Where } from '../vector/where.js';
import { isIncludable, type Include } from '../vector/read-request.js';
import { answerable, OPAQUE, readWire } from './read-wire.js';

const DEFAULT_LIMIT = 10;
const DEFAULT_INCLUDE: readonly Include[] = ['documents', 'metadatas', 'distances'];
/** A digit and a comma. */
const LEAST_BYTES_PER_FLOAT = 2;
const MOST_KEPT_FLOATS = 1024 * 1024;
const MAX_U32 = 0xffffffff;
const WHOLE_NUMBER = /^(0|[1-9]\d*)$/;

/**
 * Reads the body of ChromaDB's `query` call. Only what ChromaDB certainly accepts is read as a search;
 * wherever in doubt (unknown or repeated keys, odd types, numbers that are no finite float32) the body is
 * opaque, so that errors are ChromaDB's own.
 */
export function readQueryWire(body: Uint8Array): ReadQuery {
  return readWire(() => new QueryReader(body).read());
}

/** Used again by each reading, as zeroing so much memory for each takes longer than reading. */
let room = new Float32Array(16 * 1024);

function roomFor(floats: number): Float32Array {
  if (floats <= room.length) return room;
  const larger = new Float32Array(floats);
  if (floats <= MOST_KEPT_FLOATS) room = larger;
  return larger;
}

class QueryReader {
  private readonly cursor: JsonCursor;
  private readonly seen = new Set<string>();
  private vectors = new Float32Array(0);
  private count = 0;
  private limit = DEFAULT_LIMIT;
  private include: readonly Include[] = DEFAULT_INCLUDE;
  private where: Where | undefined;
  private whereDocument: Where | undefined;
  private ids: readonly string[] | undefined;
  private odd = false;

  constructor(body: Uint8Array) {
    this.cursor = new JsonCursor(body);
  }

  read(): ReadQuery {
    this.cursor.object((key) => {
      if (this.seen.has(key)) this.odd = true;
      this.seen.add(key);
      this.member(key);
    });
    this.cursor.end();
    const { vectors } = this;
    const dimension = this.count === 0 ? 0 : vectors.length / this.count;
    if (this.odd || dimension === 0 || !vectors.every(Number.isFinite)) return OPAQUE;
    const { count, limit, include } = this;
    const filter = this.filter();
    return answerable({ kind: 'nearest', vectors, count, dimension, limit, include, filter });
  }

  /** ChromaDB requires both `where` and `where_document` to hold. */
  private filter(): RecordFilter | undefined {
    const { where, whereDocument, ids } = this;
    const both: Where | undefined =
      where && whereDocument ? { kind: 'and', children: [where, whereDocument] } : (where ?? whereDocument);
    return both || ids ? { where: both, ids } : undefined;
  }

  private member(key: string): void {
    const { cursor } = this;
    if (key === 'query_embeddings') this.readVectors();
    else if (key === 'include') this.readInclude();
    else if (key === 'n_results') this.readLimit();
    else if (key === 'where') this.where = this.readFilter(parseWhere);
    else if (key === 'where_document') this.whereDocument = this.readFilter(parseWhereDocument);
    else if (key === 'ids') this.ids = cursor.isNull() ? undefined : this.readIds();
    else {
      cursor.value();
      this.odd = true;
    }
  }

  private readFilter(parse: (cursor: JsonCursor) => Where): Where | undefined {
    this.cursor.checkDepth(1);
    return this.cursor.isNull() ? undefined : parse(this.cursor);
  }

  private readIds(): string[] {
    const ids: string[] = [];
    this.cursor.array(() => ids.push(this.cursor.string()));
    return ids;
  }

  private readVectors(): void {
    const { cursor } = this;
    const room = roomFor(Math.ceil((cursor.bytes.length - cursor.position) / LEAST_BYTES_PER_FLOAT));
    let used = 0;
    let dimension = -1;
    cursor.array(() => {
      const length = cursor.floats(room, used);
      if (dimension >= 0 && length !== dimension) this.odd = true;
      dimension = length;
      used += length;
      this.count++;
    });
    this.vectors = room.slice(0, used);
  }

  private readInclude(): void {
    const include: Include[] = [];
    this.cursor.array(() => {
      const name = this.cursor.string();
      if (isIncludable(name)) include.push(name);
      else this.odd = true;
    });
    this.include = include;
  }

  private readLimit(): void {
    if (this.cursor.isNull()) return;
    const { start, end } = this.cursor.value();
    const text = Buffer.from(this.cursor.bytes.subarray(start, end)).toString('latin1');
    this.limit = Number(text);
    if (!WHOLE_NUMBER.test(text) || this.limit > MAX_U32) this.odd = true;
  }
}
