import type { RankedRequest, Selection } from '../vector/ranked-search.js';
import type { Include, RecordsRequest } from '../vector/read-request.js';
import { writeQueryAnswer, writeRecordsAnswer } from './answer-bytes.js';
import { AnswerRoom, isWithinLimits } from './answer-limits.js';
import { ByteWriter } from './byte-writer.js';
import type { NearestRead, NoAnswer, WorkerRead } from './hot-protocol.js';
import { CheckGivenUp, type Candidates } from './candidates.js';
import { nearestRecords, searchNearest, type SearchSource } from './nearest-search.js';
import { writeRankedAnswer, type RankedList } from './ranked-answer.js';
import { readQueryVectors } from './query-vectors.js';
import { rankedSearch, type RankSource } from './ranked-search.js';
import { selectRecords } from './records-read.js';
import type { StoredRecord } from './stored-record.js';

/** The bytes of an answer, or why ChromaDB must be asked. */
type Answer = Uint8Array<ArrayBuffer> | NoAnswer;

/** Answers a request in ChromaDB's JSON. Pauses now and then. */
export function* readMirror(source: SearchSource, request: WorkerRead): Generator<void, Answer> {
  try {
    return yield* answerTo(source, request);
  } catch (error) {
    if (error instanceof CheckGivenUp) return 'incomplete';
    throw error;
  }
}

function* answerTo(source: SearchSource, request: WorkerRead): Generator<void, Answer> {
  switch (request.kind) {
    case 'nearest':
      return yield* readNearest(source, request);
    case 'ranked':
      return yield* readRanked(source, request);
    case 'records':
      return yield* readRecords(source, request);
  }
}

function* readNearest(source: SearchSource, request: NearestRead): Generator<void, Answer> {
  const { vectors: given, count, limit, filter, include } = request;
  const isText = given instanceof Uint8Array;
  const vectors = isText ? yield* readQueryVectors(given, count, source.dimension) : given;
  if (typeof vectors === 'string') return vectors;
  const room = new AnswerRoom();
  const search = { vectors, limit, filter };
  const lists = yield* searchNearest(source, search, (list) => room.takes(recordsOf(list), include));
  if (lists === undefined) return 'incomplete';
  const out = new ByteWriter();
  yield* writeQueryAnswer(out, lists, include);
  return out.finish();
}

function* readRecords(
  { records }: SearchSource,
  { filter, offset, limit, include }: RecordsRequest,
): Generator<void, Answer> {
  const where = filter?.where;
  const candidates = where && records.candidates({ where, ids: undefined });
  if (where && candidates === undefined) return 'incomplete';
  const found = yield* selectRecords(records, { ids: filter?.ids, candidates, offset, limit });
  if (!isWithinLimits(found, include)) return 'incomplete';
  const out = new ByteWriter();
  yield* writeRecordsAnswer(out, found, include);
  return out.finish();
}

function* readRanked(source: SearchSource, { searches }: RankedRequest): Generator<void, Answer> {
  const ranks: RankSource<StoredRecord, Candidates> = {
    matching: (filter) => source.records.candidates(filter),
    nearest: (vector, limit, candidates) => nearestRecords(source, vector, limit, candidates),
    inOrder: (candidates) =>
      selectRecords(source.records, { ids: undefined, candidates, offset: 0, limit: undefined }),
  };
  const room = new AnswerRoom();
  const lists: RankedList[] = [];
  for (const search of searches) {
    const records = yield* rankedSearch(search, ranks);
    if (records === undefined || !room.takes(recordsOf(records), includedBy(search.select)))
      return 'incomplete';
    lists.push({ records, select: search.select });
  }
  const out = new ByteWriter();
  yield* writeRankedAnswer(out, lists);
  return out.finish();
}

function recordsOf(list: readonly { readonly record: StoredRecord }[]): StoredRecord[] {
  return list.map(({ record }) => record);
}

/** What of a record a ranked search asks for; a few fields of the metadata count as all of it. */
function includedBy({ documents, embeddings, metadata, fields }: Selection): Include[] {
  return [
    ...(documents ? (['documents'] as const) : []),
    ...(embeddings ? (['embeddings'] as const) : []),
    ...(metadata || fields.length > 0 ? (['metadatas', 'uris'] as const) : []),
  ];
}
