import type { ReadQuery } from '../routing/query.js';
import { answerable, OPAQUE, readWire } from './read-wire.js';
import { RecordMembers } from './record-members.js';

/** Reads the body of ChromaDB's `get` call, as strictly as `readQueryWire` reads that of `query`. */
export function readGetWire(body: Uint8Array): ReadQuery {
  return readWire(() => {
    const members = new RecordMembers(body, ['documents', 'metadatas']);
    let limit: number | undefined;
    let offset = 0;
    members.read((key) => {
      if (key === 'limit') limit = members.wholeNumber();
      else if (key === 'offset') offset = members.wholeNumber() ?? 0;
      else return false;
      return true;
    });
    if (members.odd) return OPAQUE;
    return answerable({ kind: 'records', limit, offset, include: members.include, filter: members.filter() });
  });
}
