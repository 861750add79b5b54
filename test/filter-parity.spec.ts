import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  filterCase,
  hasPattern,
  isLeftToChroma,
  recordCase,
  type FilterCase,
  type RecordCase,
} from './support/filter-cases.js';
import { DEFAULT_DATABASE, send, tierOf, waitForTier, type Reply } from './support/http.js';
import { createCollection, type Records } from './support/records.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

/** TEST_FILTERS=50000 makes the long run. */
const FILTERS = Number(process.env['TEST_FILTERS'] ?? 2_080);
const FILTERS_EACH = 260;
const COLLECTIONS = Math.ceil(FILTERS / FILTERS_EACH);
const RECORDS_EACH = 60;
const DIMENSION = 4;
const AT_ONCE = 4;

const random = seededRandom('filter-parity');
const proof = new ProofLog('filters as ChromaDB answers them', 'filters', random.seed);
let tidegate: TidegateProcess;
let answeredByMirror = 0;
let withPattern = 0;
let patternsByMirror = 0;

beforeAll(async () => {
  tidegate = await startTidegate();
});

afterAll(() => {
  proof.report();
  return tidegate.stop();
});

function call(url: string, records: Records, name: string, body: string): Promise<Reply> {
  const path = `${DEFAULT_DATABASE}/collections/${records.id}/${name}`;
  return send(url, { method: 'POST', path, body, headers: { 'content-type': 'application/json' } });
}

async function fill(name: string, cases: readonly RecordCase[]): Promise<Records> {
  const records = await createCollection(tidegate.url, name);
  const ids = JSON.stringify(cases.map((_, index) => `r${index}`));
  const embeddings = JSON.stringify(cases.map(() => random.vector(DIMENSION)));
  const metadatas = `[${cases.map(({ metadata }) => metadata).join(',')}]`;
  const documents = `[${cases.map(({ document }) => document).join(',')}]`;
  const body = `{"ids":${ids},"embeddings":${embeddings},"metadatas":${metadatas},"documents":${documents}}`;
  expect(await call(tidegate.url, records, 'add', body)).toMatchObject({ status: 201 });
  await waitForTier(tidegate.url, records.id, 'mirror');
  return records;
}

function sortedIds(ids: unknown): string[] {
  return [...(ids as string[])].sort();
}

/**
 * ChromaDB's `get` finds every match; its filtered query may miss some. So the mirror's answer to a query for
 * all records is compared with that, and what ChromaDB refuses with its answer to the same query.
 */
async function compare(records: Records, { where, whereDocument }: FilterCase): Promise<void> {
  const filter = `"where":${where},"where_document":${whereDocument}`;
  const vector = JSON.stringify([random.vector(DIMENSION)]);
  const query = `{"query_embeddings":${vector},"n_results":${RECORDS_EACH},"include":[],${filter}}`;
  const actual = await call(tidegate.url, records, 'query', query);
  const truth = await call(tidegate.chromaUrl, records, 'get', `{"include":[],${filter}}`);
  if (truth.status !== 200) {
    const refused = await call(tidegate.chromaUrl, records, 'query', query);
    expect({ filter, status: actual.status, text: actual.text }).toEqual({ filter, ...outline(refused) });
    return;
  }
  const tier = expectedTier(filter, tierOf(actual));
  expect({ filter, status: actual.status, tier: tierOf(actual) }).toEqual({ filter, status: 200, tier });
  if (tier === 'chroma') return;
  const [found] = (actual.json as { ids: string[][] }).ids;
  const { ids } = truth.json as { ids: string[] };
  expect({ filter, ids: sortedIds(found) }).toEqual({ filter, ids: sortedIds(ids) });
  answeredByMirror++;
}

function expectedTier(filter: string, actual: string): string {
  if (isLeftToChroma(filter)) return 'chroma';
  if (!hasPattern(filter)) return 'mirror';
  withPattern++;
  if (actual === 'mirror') patternsByMirror++;
  return actual;
}

function outline({ status, text }: Reply) {
  return { status, text };
}

describe('filters of the mirror', () => {
  it.each(Array.from({ length: COLLECTIONS }, (_, index) => index))(
    'hold for the records that ChromaDB finds, collection %i',
    async (index) => {
      const seed = random.below(2 ** 31);
      const size = { minLength: RECORDS_EACH, maxLength: RECORDS_EACH };
      const [cases = []] = fc.sample(fc.array(recordCase, size), { seed, numRuns: 1 });
      const records = await fill(`filters-${index}`, cases);
      const filters = fc.sample(filterCase, { seed, numRuns: FILTERS_EACH });
      for (let start = 0; start < filters.length; start += AT_ONCE) {
        await Promise.all(
          filters.slice(start, start + AT_ONCE).map((each) => proof.run(() => compare(records, each))),
        );
      }
    },
  );

  it('were mostly answered by the mirror', () => {
    expect(answeredByMirror).toBeGreaterThan(COLLECTIONS * FILTERS_EACH * 0.75);
    expect(patternsByMirror).toBeGreaterThan(withPattern * 0.9);
    expect(withPattern).toBeGreaterThan(COLLECTIONS * FILTERS_EACH * 0.1);
  });
});
