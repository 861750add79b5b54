import { DEFAULT_DATABASE, FROM_CHROMA } from '../support/http.js';
import type { SeededRandom } from '../support/seeded-random.js';
import { idOf, KnownRecords } from './known-records.js';
import type { LoadCollections, LoadGroup } from './load-record.js';
import type { TimedCall } from './timed-call.js';

const LIMIT = 5;
const REPEATED_QUERIES = 20;
const COLOR_PAGE = 7;
const NAMED_RECORDS = 4;
const INCLUDE = ['distances', 'documents'];

/** A read whose right answer is known. */
export interface KnownRead {
  readonly group: LoadGroup;
  readonly call: TimedCall;
  /** What is wrong with an answer of 200. */
  readonly judge: (json: unknown) => string | undefined;
}

/** Reads of collections that hold known records, in a mix. */
export class KnownReads {
  private readonly records: KnownRecords;
  private readonly repeated: readonly (readonly number[])[];

  constructor(
    private readonly collections: LoadCollections,
    /** Of the records: shared with who filled the collections. */
    recordsRandom: SeededRandom,
    private readonly random: SeededRandom,
  ) {
    this.records = new KnownRecords(recordsRandom);
    this.repeated = Array.from({ length: REPEATED_QUERIES }, () => KnownRecords.vector(random));
  }

  next(group: 'mirrored' | 'unmirrored' | 'forced'): KnownRead {
    const kinds = ['fresh', 'fresh', 'filtered', 'repeated', 'color', 'named', 'count'] as const;
    const kind = this.random.pick(kinds);
    switch (kind) {
      case 'fresh':
        return this.nearest(group, KnownRecords.vector(this.random));
      case 'repeated':
        return this.nearest(group, this.random.pick(this.repeated));
      case 'filtered':
        return this.filtered(group);
      case 'color':
        return this.ofColor(group);
      case 'named':
        return this.named(group);
      case 'count':
        return this.count(group);
    }
  }

  private nearest(group: LoadGroup, vector: readonly number[]): KnownRead {
    const body = { query_embeddings: [vector], n_results: LIMIT, include: INCLUDE };
    return this.read(group, 'query', body, (json) => this.records.judgeNearest(json, vector, LIMIT));
  }

  private filtered(group: LoadGroup): KnownRead {
    const vector = KnownRecords.vector(this.random);
    const filter = KnownRecords.filter(this.random);
    const where = KnownRecords.where(filter);
    const body = { query_embeddings: [vector], n_results: LIMIT, include: INCLUDE, where };
    return this.read(group, 'query', body, (json) => this.records.judgeNearest(json, vector, LIMIT, filter));
  }

  private ofColor(group: LoadGroup): KnownRead {
    const { color } = KnownRecords.filter(this.random);
    const body = { where: { color }, limit: COLOR_PAGE, include: ['documents', 'metadatas'] };
    return this.read(group, 'get', body, (json) => this.records.judgeColor(json, color, COLOR_PAGE));
  }

  private named(group: LoadGroup): KnownRead {
    const numbers = this.records.numbers(this.random, NAMED_RECORDS);
    const body = { ids: numbers.map(idOf), include: ['documents', 'metadatas'] };
    return this.read(group, 'get', body, (json) => this.records.judgeNumbers(json, numbers));
  }

  private count(group: LoadGroup): KnownRead {
    const call = { method: 'GET', path: this.path(group, 'count'), ...headersOf(group) } as const;
    const judge = (json: unknown) =>
      json === KnownRecords.count ? undefined : `counts ${JSON.stringify(json)} records`;
    return { group, call, judge };
  }

  private read(group: LoadGroup, call: string, body: object, judge: KnownRead['judge']): KnownRead {
    return {
      group,
      call: { method: 'POST', path: this.path(group, call), body, ...headersOf(group) },
      judge,
    };
  }

  private path(group: LoadGroup, call: string): string {
    const { mirrored, unmirrored } = this.collections;
    return `${DEFAULT_DATABASE}/collections/${group === 'unmirrored' ? unmirrored : mirrored}/${call}`;
  }
}

function headersOf(group: LoadGroup): Pick<TimedCall, 'headers'> {
  return group === 'forced' ? { headers: FROM_CHROMA } : {};
}
