import { SeededRandom } from '../support/seeded-random.js';
import { judgeIds, judgePage, judgeQuery, type Check } from './answer-check.js';
import { dot, ID_DIGITS, idOf, subjectWord, type Dataset } from './dataset.js';
import type { ExactSearch } from './exact-search.js';
import type { QueryVector } from './query-pool.js';
import { everFresh, type Template } from './request-template.js';
import { Zipf } from './zipf.js';

/** What is asked of a collection, whichever that is. */
export interface ReadPlan {
  readonly call: 'query' | 'get';
  readonly headers?: Readonly<Record<string, string>>;
  readonly templates: readonly Template[];
  /** Which template request `number` takes, and the number that its digits tell. */
  readonly choose: (number: number) => { readonly template: number; readonly stamp: number };
  readonly checks: readonly Check[];
  /** Requests that Tidegate alone gets before anything counts: its cache is as after running for long. */
  readonly warmIn?: number;
}

export interface ReadMaterial {
  readonly dataset: Dataset;
  readonly exact: ExactSearch;
  readonly pool: readonly QueryVector[];
  /** Answers compared with exact search, at most. */
  readonly checks: number;
}

export interface ReadScenario {
  readonly name: string;
  readonly title: string;
  readonly clients: readonly number[];
  readonly plan: (material: ReadMaterial) => ReadPlan;
}

const LIMIT = 10;
const GET_IDS = 10;
const PAGE_RECORDS = 20;
const REPEATED_QUERIES = 100;
const ZIPF_QUERIES = 10_000;
const ZIPF_EXPONENT = 0.99;
const FRESH_IN = 5;
const WARM_IN_PER_QUERY = 10;
/** The queries of the mix come round again after so many requests; the fresh ones never do. */
const ZIPF_SEQUENCE = 1 << 17;
/** Numbers for queries that come again; fresh ones count up from 0. */
const REPEATED_STAMPS = 900_000_000;
const NOBODY_HAS = 1_000_000_000;
const INCLUDE = '"include":["metadatas","documents","distances"]';

interface Filter {
  /** JSON members of the body, after a comma. */
  readonly members: string;
  readonly matches: (index: number) => boolean;
}

type FilterOf = (dataset: Dataset, template: number) => Filter;

const noFilter: FilterOf = () => ({ members: '', matches: () => true });

const ALL_CLIENTS = [1, 4, 16, 64];
const FEW_AND_MANY = [1, 16];

export const READ_SCENARIOS: readonly ReadScenario[] = [
  scenario('plain', 'plain, 10 nearest', ALL_CLIENTS, (material) => queries(material)),
  scenario('nearest-100', '100 nearest', FEW_AND_MANY, (material) => queries(material, { limit: 100 })),
  scenario('eight-vectors', '8 vectors a request', FEW_AND_MANY, (material) =>
    queries(material, { vectors: 8 }),
  ),
  scenario('where-0.1', '`where` 0.1 %', FEW_AND_MANY, (material) =>
    queries(material, { filter: where('bucket', (dataset, index) => dataset.metadata(index).bucket) }),
  ),
  scenario('where-1', '`where` 1 %', FEW_AND_MANY, (material) => queries(material, { filter: byTopic })),
  scenario('where-10', '`where` 10 %', FEW_AND_MANY, (material) =>
    queries(material, { filter: where('language', (dataset, index) => dataset.metadata(index).language) }),
  ),
  scenario('where-50', '`where` 50 %', FEW_AND_MANY, (material) =>
    queries(material, { filter: where('access', (dataset, index) => dataset.metadata(index).access) }),
  ),
  scenario('where-document', '`where_document` 1 %', FEW_AND_MANY, (material) =>
    queries(material, { filter: byDocument }),
  ),
  scenario('get-ids', 'get by 10 ids', FEW_AND_MANY, getByIds),
  scenario('get-where', 'get by filter 1 %, 20 records', FEW_AND_MANY, getByFilter),
  scenario('repeated', 'repeated, 100 queries', ALL_CLIENTS, (material) => {
    const choose = (number: number) => repeatedQuery(number % REPEATED_QUERIES, material.pool.length);
    return { ...queries(material), choose, checks: [], warmIn: 2 * REPEATED_QUERIES };
  }),
  scenario('zipf', 'Zipf 0.99 over 10,000, a fifth fresh', FEW_AND_MANY, zipfMix),
  scenario('forced-miss', 'forced miss (pure forwarding)', FEW_AND_MANY, (material) => ({
    ...queries(material),
    headers: { 'x-tidegate-tier': 'chroma' },
    checks: [],
  })),
];

/** Fresh queries for the ten nearest, without checks. */
export function plainPlan(material: ReadMaterial): ReadPlan {
  return queries({ ...material, checks: 0 });
}

function scenario(
  name: string,
  title: string,
  clients: readonly number[],
  plan: ReadScenario['plan'],
): ReadScenario {
  return { name, title, clients, plan };
}

interface QueryShape {
  readonly limit?: number;
  readonly vectors?: number;
  readonly filter?: FilterOf;
}

function queries(material: ReadMaterial, shape: QueryShape = {}): ReadPlan {
  const { limit = LIMIT, vectors = 1, filter = noFilter } = shape;
  const { dataset, pool } = material;
  const places = Array.from({ length: Math.floor(pool.length / vectors) }, (_, place) => place);
  const asked = places.map((place) => pool.slice(place * vectors, (place + 1) * vectors));
  const templates = asked.map((group, place) => {
    const start = '{"query_embeddings":[';
    const texts = group.map(({ text }) => text).join(',');
    const body = `${start}${texts}],"n_results":${limit}${filter(dataset, place).members},${INCLUDE}}`;
    const slots = (group[0]?.slots ?? []).map((slot) => ({ ...slot, offset: slot.offset + start.length }));
    return { body, slots };
  });
  const checks = places.slice(0, Math.ceil(material.checks / vectors)).map((place): Check => {
    const { matches } = filter(dataset, place);
    const expected = (asked[place] ?? []).map(({ vector }) => expectedFor(material, vector, limit, matches));
    return { body: templates[place]?.body ?? '', judge: (answer) => judgeQuery(answer, expected) };
  });
  return { call: 'query', templates, choose: everFresh(templates.length), checks };
}

function expectedFor(
  { dataset, exact }: ReadMaterial,
  vector: Float32Array,
  limit: number,
  matches: (index: number) => boolean,
) {
  const { indexes } = exact.nearest(vector, limit, matches);
  const length = Math.sqrt(dot(vector, vector));
  return { indexes, matches, distanceTo: (index: number) => 1 - dot(dataset.vector(index), vector) / length };
}

/** Records that share the field's value with one that the template names. */
function where(field: string, valueOf: (dataset: Dataset, index: number) => string | number): FilterOf {
  return (dataset, template) => {
    const value = valueOf(dataset, (template * 7_919) % dataset.count);
    return {
      members: `,"where":{"${field}":${JSON.stringify(value)}}`,
      matches: (index) => valueOf(dataset, index) === value,
    };
  };
}

function byTopic(dataset: Dataset, template: number): Filter {
  return where('topic', (each, index) => each.metadata(index).topic)(dataset, template);
}

function byDocument(dataset: Dataset, template: number): Filter {
  const subject = template % 100;
  return {
    members: `,"where_document":{"$contains":"${subjectWord(subject)}"}`,
    matches: (index) => dataset.subject(index) === subject,
  };
}

/** Each id from a tenth of the collection of its own, so that none comes twice. */
function getByIds({ dataset, pool, checks }: ReadMaterial): ReadPlan {
  const random = new SeededRandom(dataset.seed + 2);
  const share = Math.floor(dataset.count / GET_IDS);
  const start = '{"ids":["';
  const made = pool.map(() => {
    const ids = Array.from({ length: GET_IDS }, (_, part) => idOf(part * share + random.below(share)));
    const body = `${start}${ids.join('","')}"],"include":["metadatas","documents"]}`;
    const slots = [0, 1, 2].map((part) => ({
      offset: start.length + part * (ID_DIGITS + 4) + 1,
      digits: ID_DIGITS,
      valueOf: (number: number) => part * share + (Math.floor(number / share ** part) % share),
    }));
    return { ids, template: { body, slots } };
  });
  return {
    call: 'get',
    templates: made.map(({ template }) => template),
    choose: everFresh(made.length),
    checks: made.slice(0, checks).map(({ ids, template }) => ({
      body: template.body,
      judge: (answer) => judgeIds(answer, ids),
    })),
  };
}

/** A second condition, which every record meets, makes each of them another request. */
function getByFilter({ dataset, pool, checks }: ReadMaterial): ReadPlan {
  const made = pool.map((_, place) => {
    const topic = `t${place % 100}`;
    const start = `{"where":{"$and":[{"topic":"${topic}"},{"bucket":{"$ne":`;
    const body = `${start}${NOBODY_HAS}}}]},"limit":${PAGE_RECORDS},"include":["metadatas","documents"]}`;
    const slots = [{ offset: start.length + 1, digits: 9, valueOf: (number: number) => number }];
    return { topic, template: { body, slots } };
  });
  const size = Math.min(PAGE_RECORDS, dataset.count / 100);
  return {
    call: 'get',
    templates: made.map(({ template }) => template),
    choose: everFresh(made.length),
    checks: made.slice(0, checks).map(({ topic, template }) => ({
      body: template.body,
      judge: (answer) => judgePage(answer, size, (index) => dataset.metadata(index).topic === topic),
    })),
  };
}

function zipfMix(material: ReadMaterial): ReadPlan {
  const { pool, dataset } = material;
  const random = new SeededRandom(dataset.seed + 3);
  const zipf = new Zipf(ZIPF_QUERIES, ZIPF_EXPONENT);
  const sequence = Int32Array.from({ length: ZIPF_SEQUENCE }, () =>
    random.below(FRESH_IN) === 0 ? -1 : zipf.next(random),
  );
  const choose = (number: number) => {
    const rank = sequence[number % ZIPF_SEQUENCE] ?? -1;
    return rank < 0 ? { template: number % pool.length, stamp: number } : repeatedQuery(rank, pool.length);
  };
  return { ...queries(material), choose, checks: [], warmIn: WARM_IN_PER_QUERY * pool.length };
}

function repeatedQuery(rank: number, templates: number) {
  return { template: rank % templates, stamp: REPEATED_STAMPS + rank };
}
