import type { ReadQuery } from '../routing/query.js';
import { JsonCursor } from '../vector/json-cursor.js';
import type {
  Grouping,
  GroupOrderKey,
  RankedSearch,
  RankExpression,
  Selection,
} from '../vector/ranked-search.js';
import { RESERVED_KEY } from '../vector/where-parser.js';
import { readRankExpression } from './rank-wire.js';
import { answerable, OPAQUE, readWire } from './read-wire.js';
import { readSearchFilter } from './search-filter.js';
import { readList, readMembers, readOnlyMember, readTexts, readU32, refuse } from './wire-members.js';

/** All are met by a mirror, which has every acknowledged write. */
const READ_LEVELS: readonly string[] = ['index_and_wal', 'index_only', 'index_and_bounded_wal'];
/** The body, the list of searches and the search itself lie around a filter. */
const FILTER_DEPTH = 3;
const WHOLE_PAGE = { offset: 0, limit: undefined };
const NOTHING_SELECTED: Selection = {
  documents: false,
  embeddings: false,
  metadata: false,
  scores: false,
  fields: [],
};

/**
 * Reads the body of ChromaDB's `search` call. Only what ChromaDB certainly accepts, where it implements the
 * call, is read as a search; wherever in doubt (unknown or repeated keys, odd types, sparse vectors, numbers
 * that are no finite float32, vectors of several lengths, no search at all) the body is opaque.
 */
export function readSearchWire(body: Uint8Array): ReadQuery {
  return readWire(() => new SearchReader(body).read());
}

class SearchReader {
  private readonly cursor: JsonCursor;
  private dimension: number | undefined;

  constructor(body: Uint8Array) {
    this.cursor = new JsonCursor(body);
  }

  read(): ReadQuery {
    const { cursor } = this;
    const { searches = [] } = readMembers(cursor, {
      searches: () => readList(cursor, () => this.readSearch()),
      read_level: () => READ_LEVELS.includes(cursor.string()) || refuse(cursor, 'unknown read level'),
    });
    cursor.end();
    if (searches.length === 0) return OPAQUE;
    return answerable({ kind: 'ranked', dimension: this.dimension, searches });
  }

  private readSearch(): RankedSearch {
    const { cursor } = this;
    const members = readMembers(cursor, {
      filter: () => readSearchFilter(cursor, FILTER_DEPTH),
      rank: () => (cursor.isNull() ? undefined : this.readRank()),
      group_by: () => readGrouping(cursor),
      limit: () => readPage(cursor),
      select: () => readSelection(cursor),
    });
    const { filter, rank, group_by: groupBy, limit: page = WHOLE_PAGE, select = NOTHING_SELECTED } = members;
    if (groupBy && !rank) refuse(cursor, 'groups of records without scores');
    return { filter, rank, groupBy, ...page, select };
  }

  private readRank(): RankExpression {
    return readRankExpression(this.cursor, (dimension) => {
      if ((this.dimension ??= dimension) !== dimension) refuse(this.cursor, 'vectors of several lengths');
    });
  }
}

function readPage(cursor: JsonCursor) {
  const { offset = 0, limit } = readMembers(cursor, {
    offset: () => readU32(cursor),
    limit: () => (cursor.isNull() ? undefined : readU32(cursor)),
  });
  return { offset, limit };
}

function readSelection(cursor: JsonCursor): Selection {
  const members = readMembers(cursor, { keys: () => readTexts(cursor) });
  const keys = new Set(members.keys);
  return {
    documents: keys.delete('#document'),
    embeddings: keys.delete('#embedding'),
    metadata: keys.delete('#metadata'),
    scores: keys.delete('#score'),
    fields: [...keys],
  };
}

function readGrouping(cursor: JsonCursor): Grouping | undefined {
  const { keys: fields = [], aggregate } = readMembers(cursor, {
    keys: () => readList(cursor, () => unreserved(cursor, cursor.string())),
    aggregate: () => (cursor.isNull() ? undefined : readAggregate(cursor)),
  });
  if (fields.length > 0 !== (aggregate !== undefined)) refuse(cursor, 'keys or aggregate alone');
  return aggregate && { fields, ...aggregate };
}

function readAggregate(cursor: JsonCursor): Omit<Grouping, 'fields'> {
  return readOnlyMember(cursor, (operator) => {
    if (operator !== '$min_k' && operator !== '$max_k') refuse(cursor, 'unknown aggregate');
    const { keys: by = [], k: count = 0 } = readMembers(cursor, {
      keys: () => readList(cursor, () => readOrderKey(cursor)),
      k: () => readU32(cursor),
    });
    if (by.length === 0 || count === 0) refuse(cursor, 'an aggregate of nothing');
    return { keep: operator === '$min_k' ? 'least' : 'greatest', by, count };
  });
}

function readOrderKey(cursor: JsonCursor): GroupOrderKey {
  const name = cursor.string();
  return name === '#score' ? { kind: 'score' } : { kind: 'field', name: unreserved(cursor, name) };
}

function unreserved(cursor: JsonCursor, name: string): string {
  return RESERVED_KEY.test(name) ? refuse(cursor, 'a reserved key') : name;
}
