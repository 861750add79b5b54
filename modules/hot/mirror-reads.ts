import type { RankedRequest } from '../vector/ranked-search.js';
import type { NearestRequest, ReadRequest } from '../vector/read-request.js';
import { writeQueryAnswer } from './answer-bytes.js';
import { ByteWriter } from './byte-writer.js';
import type { Candidates } from './candidates.js';
import { matching, nearestRecords, searchNearest, type SearchSource } from './nearest-search.js';
import { writeRankedAnswer, type RankedList } from './ranked-answer.js';
import { rankedSearch, type RankSource } from './ranked-search.js';
import type { StoredRecord } from './stored-records.js';

/** The bytes of an answer; undefined when ChromaDB must be asked. */
type Answer = Uint8Array<ArrayBuffer> | undefined;

/** Answers a request in ChromaDB's JSON. Pauses now and then. */
export function* readMirror(source: SearchSource, request: ReadRequest): Generator<void, Answer> {
  switch (request.kind) {
    case 'nearest':
      return yield* readNearest(source, request);
    case 'ranked':
      return yield* readRanked(source, request);
    case 'records':
    case 'count':
      return undefined;
  }
}

function* readNearest(source: SearchSource, request: NearestRequest): Generator<void, Answer> {
  const lists = yield* searchNearest(source, request);
  if (lists === undefined) return undefined;
  const out = new ByteWriter();
  const records = lists.map((list) => list.map(({ record, distance }) => ({ ...record, distance })));
  yield* writeQueryAnswer(out, records, request.include);
  return out.finish();
}

function* readRanked(source: SearchSource, { searches }: RankedRequest): Generator<void, Answer> {
  const ranks: RankSource<StoredRecord, Candidates> = {
    matching: (filter) => source.records.candidates(filter),
    nearest: (vector, limit, candidates) => nearestRecords(source, vector, limit, candidates),
    inOrder: (candidates) => recordsInOrder(source, candidates),
  };
  const lists: RankedList[] = [];
  for (const search of searches) {
    const records = yield* rankedSearch(search, ranks);
    if (records === undefined) return undefined;
    lists.push({ records, select: search.select });
  }
  const out = new ByteWriter();
  yield* writeRankedAnswer(out, lists);
  return out.finish();
}

function* recordsInOrder(
  { records }: SearchSource,
  candidates: Candidates | undefined,
): Generator<void, StoredRecord[]> {
  if (candidates === undefined) return records.byPosition.filter((record) => record !== undefined);
  return (yield* matching(records, candidates)).sort((a, b) => a.position - b.position);
}
