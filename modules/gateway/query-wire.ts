import type { ReadQuery } from '../routing/query.js';
import { areFinite } from '../vector/finite-vector.js';
import { answerable, OPAQUE, readWire } from './read-wire.js';
import { RecordMembers } from './record-members.js';
import { roomForVectors } from './wire-vectors.js';

const DEFAULT_LIMIT = 10;

/**
 * Reads the body of ChromaDB's `query` call. Only what ChromaDB certainly accepts is read as a search;
 * wherever in doubt (unknown or repeated keys, odd types, numbers that are no finite float32) the body is
 * opaque, so that errors are ChromaDB's own.
 */
export function readQueryWire(body: Uint8Array): ReadQuery {
  return readWire(() => new QueryReader(body).read());
}

class QueryReader {
  private readonly members: RecordMembers;
  private vectors = new Float32Array(0);
  private count = 0;
  private limit = DEFAULT_LIMIT;

  constructor(body: Uint8Array) {
    this.members = new RecordMembers(body, ['documents', 'metadatas', 'distances']);
  }

  read(): ReadQuery {
    const { members } = this;
    members.read((key) => this.member(key));
    const { vectors } = this;
    const dimension = this.count === 0 ? 0 : vectors.length / this.count;
    if (members.odd || dimension === 0 || !areFinite(vectors)) return OPAQUE;
    const { count, limit } = this;
    const { include } = members;
    return answerable({
      kind: 'nearest',
      vectors,
      count,
      dimension,
      limit,
      include,
      filter: members.filter(),
    });
  }

  private member(key: string): boolean {
    if (key === 'query_embeddings') this.readVectors();
    else if (key === 'n_results') this.limit = this.members.wholeNumber() ?? DEFAULT_LIMIT;
    else return false;
    return true;
  }

  private readVectors(): void {
    const { members } = this;
    const { cursor } = members;
    const room = roomForVectors(cursor);
    let used = 0;
    let dimension = -1;
    cursor.array(() => {
      const length = cursor.floats(room, used);
      if (dimension >= 0 && length !== dimension) members.odd = true;
      dimension = length;
      used += length;
      this.count++;
    });
    this.vectors = room.slice(0, used);
  }
}
