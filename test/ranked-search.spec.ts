import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { near } from './support/differences.js';
import { DEFAULT_DATABASE, send, tierOf, waitForTier, type Reply } from './support/http.js';
import { bruteForce, rankCase, squaredDistance } from './support/rank-cases.js';
import { answerOf, createCollection, numberedRecords, Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';

/** TEST_RANKS=5000 makes the long run. */
const RANKS = Number(process.env['TEST_RANKS'] ?? 300);
const RECORDS = 60;
const DIMENSION = 4;
/** Squared distances between such vectors are whole numbers that a float32 holds, however added up. */
const COORDINATE_LIMIT = 1_000;

interface SearchAnswer {
  readonly ids: readonly (readonly string[])[];
  readonly documents: readonly ((string | null)[] | null)[];
  readonly embeddings: readonly (number[][] | null)[];
  readonly metadatas: readonly ((Record<string, unknown> | null)[] | null)[];
  readonly scores: readonly ((number | null)[] | null)[];
  readonly select: readonly (readonly string[])[];
}

const random = seededRandom('ranked-search');
const vectors = Array.from({ length: RECORDS }, wholeVector);
/** Queries at different distances from all records: which are the nearest is certain. */
const queries = Array.from({ length: 40 }, wholeVector).filter(
  (query) => new Set(vectors.map((vector) => squaredDistance(query, vector))).size === RECORDS,
);
const QUERY = queries[0] ?? [];

let tidegate: TidegateProcess;
let ranked: Records;

beforeAll(async () => {
  tidegate = await startTidegate();
  ranked = await createCollection(tidegate.url, 'ranked');
  await ranked.add(numberedRecords('r', vectors));
  await waitForTier(tidegate.url, ranked.id, 'mirror');
});

function wholeVector(): number[] {
  return Array.from({ length: DIMENSION }, () => random.below(2 * COORDINATE_LIMIT) - COORDINATE_LIMIT);
}

/** Fails unless a hot tier answered. */
function searched(reply: Reply): SearchAnswer {
  expect({ tier: tierOf(reply), text: reply.status === 200 ? '' : reply.text }).toEqual({
    tier: expect.stringMatching(/^(mirror|answer-cache)$/),
    text: '',
  });
  return reply.json as SearchAnswer;
}

async function search(body: object, records = ranked): Promise<SearchAnswer> {
  return searched(await records.search({ searches: [body] }));
}

const withScores = { select: { keys: ['#score'] } };
/** Scores are printed as the shortest text that reads back as the same float32. */
const idsAndScores = ({ ids, scores }: SearchAnswer) => [
  ids[0],
  scores[0]?.map((score) => score && Math.fround(score)),
];
const nearestTo = (query: readonly number[], rest: object = {}) => ({ $knn: { query, ...rest } });

describe('a search that a single ChromaDB does not answer', () => {
  it('gets the answer of ChromaDB while the mirror is cold, and earns it all the same', async () => {
    const cold = await createCollection(tidegate.url, 'cold');
    await cold.add(numberedRecords('c', vectors));
    const body = { searches: [{ rank: nearestTo(QUERY) }] };
    const first = await cold.search(body);
    const refused = await cold.through(tidegate.chromaUrl).search(body);
    expect([first.status, first.text]).toEqual([501, refused.text]);
    expect([tierOf(first), refused.status]).toEqual(['chroma', 501]);
    await until('searches alone make the mirror warm', 20_000, async () => {
      const reply = await cold.search({ ...body, read_level: 'index_and_wal' });
      return reply.status === 200 && tierOf(reply) === 'mirror';
    });
  });

  it('is answered by the answer cache the second time, until something is written', async () => {
    const records = await createCollection(tidegate.url, 'cached');
    await records.add(numberedRecords('k', vectors.slice(0, 3)));
    await waitForTier(tidegate.url, records.id, 'mirror');
    const body = { searches: [withScores] };
    const replies = [await records.search(body), await records.search(body)];
    expect(replies.map(tierOf)).toEqual(['mirror', 'answer-cache']);
    expect(replies[1]?.text).toBe(replies[0]?.text);
    await records.upsert({ ids: ['k-0', 'new'], embeddings: [QUERY, QUERY] });
    expect(idsAndScores(searched(await records.search(body)))).toEqual([
      ['k-0', 'k-1', 'k-2', 'new'],
      [0, 1, 2, 3],
    ]);
  });
});

describe('the score of a search for the nearest', () => {
  it.each([1, 16, RECORDS, 1_000])(
    'is the distance of a query to ChromaDB for the %d nearest',
    async (limit) => {
      const answer = await search({ rank: nearestTo(QUERY, { limit }), ...withScores });
      const query = { query_embeddings: [QUERY], n_results: limit, include: ['distances'] };
      const expected = answerOf(await ranked.through(tidegate.chromaUrl).query(query));
      expect(idsAndScores(answer)).toEqual([expected.ids[0], expected.distances?.[0]?.map(Math.fround)]);
    },
  );

  it.each(['cosine', 'ip'])('is the distance in the space %s', async (space) => {
    const records = await createCollection(tidegate.url, `ranked-${space}`, space);
    await records.add(numberedRecords('s', vectors));
    await waitForTier(tidegate.url, records.id, 'mirror');
    const answer = await search({ rank: nearestTo(QUERY), ...withScores }, records);
    const query = { query_embeddings: [QUERY], n_results: 16 };
    const expected = answerOf(await records.through(tidegate.chromaUrl).query(query));
    expect(answer.ids).toEqual(expected.ids);
    answer.scores[0]?.forEach((score, place) => {
      expect(near(score ?? Number.NaN, expected.distances?.[0]?.[place] ?? 0)).toBe(true);
    });
  });

  it('keeps to the filter, as a query does', async () => {
    const filter = { $and: [{ number: { $gte: 10 } }, { '#document': { $contains: 'document 1' } }] };
    const answer = await search({ filter, rank: nearestTo(QUERY, { limit: 5 }), ...withScores });
    const query = { query_embeddings: [QUERY], n_results: 5, where: filter };
    const expected = answerOf(await ranked.through(tidegate.chromaUrl).query(query));
    expect(idsAndScores(answer)).toEqual([expected.ids[0], expected.distances?.[0]?.map(Math.fround)]);
  });

  it('keeps to named records, and passes over those that do not exist', async () => {
    const filter = { $and: [{ '#id': { $in: ['r-7', 'nobody', 'r-3', 'r-50'] } }, { number: { $lt: 50 } }] };
    expect((await search({ filter })).ids).toEqual([['r-3', 'r-7']]);
    expect((await search({ filter: { '#id': 'nobody' }, rank: nearestTo(QUERY) })).ids).toEqual([[]]);
  });
});

describe('rank expressions', () => {
  const seed = random.below(2 ** 31);
  const AT_ONCE = 100;
  const start = Array.from({ length: Math.ceil(RANKS / AT_ONCE) }, (_, index) => index * AT_ONCE);
  const cases = fc.sample(rankCase(queries), { seed, numRuns: RANKS });

  it.each(start)('are evaluated as by brute force, from %d on', async (from) => {
    for (const rank of cases.slice(from, from + AT_ONCE)) {
      const reply = await ranked.search({ searches: [{ rank, ...withScores }] });
      const expected = bruteForce(rank, vectors);
      const told = JSON.stringify(rank);
      const refused = await ranked.through(tidegate.chromaUrl).search({ searches: [{ rank }] });
      expect([told, refused.status]).toEqual([told, 501]);
      // Not a number: it has no place among the others.
      if (expected === undefined) expect([told, reply.status, tierOf(reply)]).toEqual([told, 501, 'chroma']);
      else
        expect([told, ...idsAndScores(searched(reply))]).toEqual([
          told,
          expected.map(([index]) => `r-${index}`),
          expected.map(([, score]) => (Number.isFinite(score) ? score : null)),
        ]);
    }
  });

  it('fuse two rankings by reciprocal ranks', async () => {
    const [first = [], second = []] = queries;
    const reciprocal = (query: readonly number[]) => {
      const place = nearestTo(query, { return_rank: true, limit: RECORDS });
      return { $div: { left: { $val: 0.5 }, right: { $sum: [{ $val: 60 }, place] } } };
    };
    const fused = { $mul: [{ $val: -1 }, { $sum: [reciprocal(first), reciprocal(second)] }] };
    const answer = await search({ rank: fused, limit: { limit: 3 }, ...withScores });
    const places = [first, second].map((query) =>
      vectors
        .map((vector, index) => ({ index, distance: squaredDistance(query, vector) }))
        .sort((a, b) => a.distance - b.distance)
        .map(({ index }) => index),
    );
    const expected = vectors.map((_, index) =>
      places.reduce((sum, list) => sum - 0.5 / (60 + list.indexOf(index)), 0),
    );
    const best = [...expected].sort((a, b) => a - b).slice(0, 3);
    answer.scores[0]?.forEach((score, place) => {
      expect(near(score ?? Number.NaN, best[place] ?? 0)).toBe(true);
    });
    expect(answer.ids[0]).toHaveLength(3);
  });
});

describe('groups', () => {
  it.each([
    ['$min_k', 1],
    ['$max_k', -1],
  ])('keep with %s the records that brute force keeps', async (operator, sign) => {
    const records = await createCollection(tidegate.url, `groups-${sign}`);
    const tags = vectors.map((_, index) => [['red', 'green', 1, 1.5, true][index % 7], index % 3] as const);
    await records.add({
      ids: vectors.map((_, index) => `g-${index}`),
      embeddings: vectors,
      metadatas: tags.map(([tag, third]) => (tag === undefined ? { third } : { tag, third })),
    });
    await waitForTier(tidegate.url, records.id, 'mirror');
    const aggregate = { [operator]: { keys: ['third', '#score'], k: 2 } };
    const rank = nearestTo(QUERY, { limit: RECORDS });
    const answer = await search({ rank, group_by: { keys: ['tag'], aggregate }, ...withScores }, records);

    const all = vectors.map((vector, index) => ({ index, score: squaredDistance(QUERY, vector) }));
    const groups = [...new Set(tags.map(([tag]) => tag))].map((tag) =>
      all.filter(({ index }) => tags[index]?.[0] === tag),
    );
    const kept = groups.flatMap((group) =>
      group.sort((a, b) => sign * ((a.index % 3) - (b.index % 3) || a.score - b.score)).slice(0, 2),
    );
    kept.sort((a, b) => a.score - b.score);
    expect(idsAndScores(answer)).toEqual([
      kept.map(({ index }) => `g-${index}`),
      kept.map(({ score }) => score),
    ]);
  });
});

describe('pages and columns', () => {
  it('give the records of each page once, in the order of their scores', async () => {
    const rank = nearestTo(QUERY, { limit: RECORDS });
    const whole = await search({ rank });
    const pages: string[] = [];
    for (let offset = 0; offset < RECORDS + 25; offset += 25) {
      const { ids } = await search({ rank, limit: { offset, limit: 25 } });
      pages.push(...(ids[0] ?? []));
    }
    expect(pages).toEqual(whole.ids[0]);
  });

  it('give records as they were inserted without a rank, where ChromaDB lists them too', async () => {
    const listed = await ranked.through(tidegate.chromaUrl).get({ include: [] });
    expect((await search({})).ids[0]).toEqual((listed.json as { ids: string[] }).ids);
    expect(idsAndScores(await search({ limit: { offset: 57 }, ...withScores }))).toEqual([
      ['r-57', 'r-58', 'r-59'],
      [0, 1, 2],
    ]);
  });

  it('hold what is selected, and are null otherwise', async () => {
    const keys = ['number', '#document', '#embedding', 'nothing'];
    const searches = [{ limit: { limit: 1 }, select: { keys } }, { limit: { limit: 1 } }];
    expect(searched(await ranked.search({ searches }))).toEqual({
      ids: [['r-0'], ['r-0']],
      documents: [['document 0 of r'], null],
      embeddings: [[vectors[0]], null],
      metadatas: [[{ number: 0 }], null],
      scores: [null, null],
      select: [['#document', '#embedding', 'nothing', 'number'], []],
    });
  });

  it('keep the types of metadata, and give a uri among them', async () => {
    const records = await createCollection(tidegate.url, 'typed');
    const metadatas = '[{"whole":1,"float":1.0,"big":9007199254740993},null]';
    const rest = '"ids":["a","b"],"embeddings":[[1],[2]],"uris":["file:///a",null]';
    const body = `{"metadatas":${metadatas},${rest}}`;
    const path = `${DEFAULT_DATABASE}/collections/${records.id}/add`;
    const headers = { 'content-type': 'application/json' };
    await send(tidegate.url, { method: 'POST', path, body, headers });
    await waitForTier(tidegate.url, records.id, 'mirror');
    const reply = await records.search({ searches: [{ select: { keys: ['float', 'big'] } }] });
    expect(searched(reply).metadatas).toHaveLength(1);
    expect(reply.text).toMatch(
      /"metadatas":\[\[\{("float":1\.0,"big":\d+3|"big":\d+3,"float":1\.0)\},null\]\]/,
    );
    const whole = await search({ select: { keys: ['#metadata'] } }, records);
    expect(whole.metadatas[0]?.[0]).toMatchObject({ whole: 1, 'chroma:uri': 'file:///a' });
  });
});

describe('what a mirror answers', () => {
  const score = { keys: ['#score', 'a'], k: 1 };
  const grouped = (aggregate: object) => ({ rank: { $val: 1 }, group_by: { keys: ['a', 'b'], aggregate } });

  it.each<[string, object]>([
    ['an empty search', { searches: [{}] }],
    ['several searches', { searches: [{}, { rank: { $val: 1 } }] }],
    ['parts that are empty', { searches: [{ filter: {}, group_by: {}, limit: {}, select: {} }] }],
    ['parts that are null', { searches: [{ filter: null, rank: null, limit: { limit: null } }] }],
    ['groups of nothing', { searches: [{ group_by: { keys: [], aggregate: null } }] }],
    ['a read level', { searches: [{}], read_level: 'index_and_wal' }],
    ['another read level', { searches: [{}], read_level: 'index_only' }],
    ['sums of nothing', { searches: [{ rank: { $mul: [{ $sum: [] }, { $max: [] }] } }] }],
    ['all of a vector', { searches: [{ rank: nearestTo(QUERY, { key: '#embedding', default: null }) }] }],
    ['the nearest of none', { searches: [{ rank: nearestTo(QUERY, { limit: 0 }) }] }],
    ['the least of groups', { searches: [grouped({ $min_k: score })] }],
    ['the greatest of groups', { searches: [grouped({ $max_k: score })] }],
    ['columns twice', { searches: [{ select: { keys: ['#id', 'a', 'a', '#score', 'chroma:uri'] } }] }],
    ['a named record', { searches: [{ filter: { '#id': 'r-1' } }] }],
    ['a record that is equal', { searches: [{ filter: { '#id': { $eq: 'r-1' } } }] }],
    ['conditions on nothing', { searches: [{ filter: { $and: [] } }] }],
  ])('is what ChromaDB understands and does not implement: %s', async (_, body) => {
    searched(await ranked.search(body));
    expect((await ranked.through(tidegate.chromaUrl).search(body)).status).toBe(501);
  });
});

describe('what a mirror does not answer', () => {
  const nearest = { query: [1, 2, 3, 4] };
  const sparse = { query: { indices: [1], values: [0.5] }, key: 'sparse' };
  const score = { keys: ['#score'], k: 1 };

  it.each<[string, unknown]>([
    ['no object', []],
    ['null', null],
    ['nothing', {}],
    ['no list of searches', { searches: {} }],
    ['no search', { searches: [] }],
    ['a search that is null', { searches: [null] }],
    ['an unknown member', { searches: [{ zzz: 1 }] }],
    ['an unknown read level', { searches: [{}], read_level: 'all' }],
    ['a negative limit', { searches: [{ limit: { limit: -1 } }] }],
    ['a limit that is null', { searches: [{ limit: null }] }],
    ['selected keys that are no list', { searches: [{ select: { keys: '#score' } }] }],
    ['an unknown operator', { searches: [{ rank: { $pow: [] } }] }],
    ['two operators', { searches: [{ rank: { $val: 1, $abs: { $val: 1 } } }] }],
    ['a pair as a list', { searches: [{ rank: { $sub: [{ $val: 1 }, { $val: 2 }] } }] }],
    ['no vector', { searches: [{ rank: { $knn: {} } }] }],
    ['a text for a vector', { searches: [{ rank: { $knn: { query: 'text' } } }] }],
    ['a sparse vector', { searches: [{ rank: { $knn: sparse } }] }],
    ['a vector of another length', { searches: [{ rank: { $knn: { query: [1] } } }] }],
    ['another key', { searches: [{ rank: { $knn: { ...nearest, key: 'zzz' } } }] }],
    ['groups without a rank', { searches: [{ group_by: { keys: ['a'], aggregate: { $min_k: score } } }] }],
    ['groups without an aggregate', { searches: [{ rank: { $val: 1 }, group_by: { keys: ['a'] } }] }],
    [
      'groups by score',
      { searches: [{ rank: { $val: 1 }, group_by: { keys: ['#score'], aggregate: { $min_k: score } } }] },
    ],
    [
      'groups of no records',
      {
        searches: [
          { rank: { $val: 1 }, group_by: { keys: ['a'], aggregate: { $max_k: { ...score, k: 0 } } } },
        ],
      },
    ],
    ['a malformed filter', { searches: [{ filter: { a: 1, b: 2 } }] }],
    ['an operator that filters lack', { searches: [{ filter: { a: { $near: 1 } } }] }],
    ['records that are not named', { searches: [{ filter: { '#id': { $nin: ['r-1'] } } }] }],
    ['a whole number beyond 2^53', { searches: [{ filter: { number: 2 ** 60 } }] }],
    [
      'a score that is not a number',
      { searches: [{ rank: { $log: { $sub: { left: { $val: -1 }, right: { $knn: nearest } } } } }] },
    ],
  ])('is answered as ChromaDB answers it: %s', async (_, body) => {
    const [actual, expected] = [
      await ranked.search(body),
      await ranked.through(tidegate.chromaUrl).search(body),
    ];
    expect([tierOf(actual), actual.status, actual.text]).toEqual(['chroma', expected.status, expected.text]);
    expect(expected.status).toBeGreaterThanOrEqual(400);
  });
});
