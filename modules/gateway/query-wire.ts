import type { ReadQuery } from '../routing/query.js';
import { answerable, OPAQUE, readWire } from './read-wire.js';
import { RecordMembers } from './record-members.js';
import { refuse } from './wire-members.js';

const DEFAULT_LIMIT = 10;

/**
 * Reads the body of ChromaDB's `query` call, but for the numbers of its vectors. Only what ChromaDB certainly
 * accepts is read as a search; wherever in doubt (unknown or repeated keys, odd types) the body is opaque, so
 * that errors are ChromaDB's own.
 */
export function readQueryWire(body: Uint8Array): ReadQuery {
  return readWire(() => new QueryReader(body).read());
}

class QueryReader {
  private readonly members: RecordMembers;
  private vectors: Uint8Array = new Uint8Array(0);
  private count = 0;
  private limit = DEFAULT_LIMIT;

  constructor(body: Uint8Array) {
    this.members = new RecordMembers(body, ['documents', 'metadatas', 'distances']);
  }

  read(): ReadQuery {
    const { members } = this;
    members.read((key) => this.member(key));
    const { vectors, count, limit } = this;
    if (members.odd || count === 0) return OPAQUE;
    const { include } = members;
    return answerable({ kind: 'nearest', vectors, count, limit, include, filter: members.filter() });
  }

  private member(key: string): boolean {
    if (key === 'query_embeddings') this.readVectors();
    else if (key === 'n_results') this.limit = this.members.wholeNumber() ?? DEFAULT_LIMIT;
    else return false;
    return true;
  }

  /**
   * Each up to the first closing bracket. Where that is not its end, it is no array of numbers: who reads the
   * vectors finds it out.
   */
  private readVectors(): void {
    const { cursor } = this.members;
    cursor.peek();
    const start = cursor.position;
    cursor.array(() => {
      if (cursor.flatArray() === undefined) refuse(cursor, 'expected an array');
      this.count++;
    });
    this.vectors = cursor.bytes.subarray(start, cursor.position);
  }
}
