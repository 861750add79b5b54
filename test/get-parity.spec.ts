import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { INCLUDABLE } from '../modules/vector/read-request.js';
import {
  filterCase,
  hasPattern,
  isLeftToChroma,
  recordCase,
  type FilterCase,
} from './support/filter-cases.js';
import { DEFAULT_DATABASE, send, tierOf, waitForTier, type Reply } from './support/http.js';
import { withoutListOrder } from './support/list-order.js';
import { withSortedMetadata } from './support/metadata-order.js';
import { createCollection, type Records } from './support/records.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { WriteCases } from './support/write-cases.js';

/** TEST_GETS=20000 makes the long run. */
const GETS = Number(process.env['TEST_GETS'] ?? 720);
const COLLECTIONS = 3;
const GETS_EACH_ROUND = 20;
const ROUNDS = Math.ceil(GETS / COLLECTIONS / GETS_EACH_ROUND);
const TEST_LIMIT_MS = 60_000 + GETS * 20;
const POOL = Array.from({ length: 40 }, (_, number) => `r${number}`);
const WRITERS = 4;
const AT_ONCE = 4;
const HOT_TIERS = ['mirror', 'answer-cache'];
/** Deletes with filters are meant to leave some records. */
const DELETING = ['{"a":1}', '{"b":"a"}', '{"a":{"$gt":1}}', '{"b":{"$contains":2}}', '{"a":true}'];

const random = seededRandom('get-parity');
const proof = new ProofLog('gets as ChromaDB answers them', 'gets', random.seed);
let tidegate: TidegateProcess;
let answeredByMirror = 0;

beforeAll(async () => {
  tidegate = await startTidegate({ TIDEGATE_WARM_PAGE_RECORDS: '5' });
});

afterAll(() => {
  proof.report();
  return tidegate.stop();
});

function call(url: string, { id }: Records, name: string, body: string): Promise<Reply> {
  const path = `${DEFAULT_DATABASE}/collections/${id}/${name}`;
  return send(url, { method: 'POST', path, body, headers: { 'content-type': 'application/json' } });
}

function count(url: string, { id }: Records): Promise<Reply> {
  return send(url, { method: 'GET', path: `${DEFAULT_DATABASE}/collections/${id}/count` });
}

/** One writer after the other, or all at once, each waiting for its own acknowledgements. */
async function writeAtRandom(records: Records, writes: WriteCases): Promise<void> {
  const writers = Array.from({ length: random.below(2) * WRITERS || 1 }, () =>
    Array.from({ length: 1 + random.below(4) }, () =>
      random.below(4) === 0 ? writes.comeback() : [writes.next()],
    ).flat(),
  );
  await Promise.all(
    writers.map(async (list) => {
      for (const each of list) {
        const { status } = await call(tidegate.url, records, each.call, each.body);
        expect({ ...each, refused: status >= 500 }).toEqual({ ...each, refused: false });
      }
    }),
  );
}

/** A `get` with some of all that it may ask for. */
function getCase({ where, whereDocument }: FilterCase): string {
  const oneOf = (...parts: string[]) => random.pick(parts);
  const ids = Array.from({ length: random.below(8) }, () => random.pick([...POOL, 'nobody']));
  const include = INCLUDABLE.filter(() => random.below(2) === 0);
  const members = [
    oneOf('', '', `"ids":${JSON.stringify(ids)}`),
    oneOf('', `"where":${where}`),
    oneOf('', '', `"where_document":${whereDocument}`),
    oneOf('', `"limit":${random.below(12)}`, '"limit":null'),
    oneOf('', `"offset":${random.below(12)}`),
    oneOf('', `"include":${JSON.stringify(include)}`),
  ];
  return `{${members.filter((member) => member !== '').join(',')}}`;
}

async function compare(records: Records, body: string): Promise<void> {
  const [actual, expected] = await Promise.all(
    [tidegate.url, tidegate.chromaUrl].map((url) => call(url, records, 'get', body)),
  );
  if (actual === undefined || expected === undefined) throw new Error('two answers are needed');
  const shown = ({ status, text }: Reply) =>
    status === 200 ? withSortedMetadata(text) : `${status} ${withoutListOrder(text)}`;
  expect({ body, answer: shown(actual) }).toEqual({ body, answer: shown(expected) });
  if (expected.status !== 200 || isLeftToChroma(body) || hasPattern(body)) return;
  expect({ body, hot: HOT_TIERS.includes(tierOf(actual)) }).toEqual({ body, hot: true });
  answeredByMirror++;
}

async function compareCount(records: Records): Promise<void> {
  const [actual, expected] = [await count(tidegate.url, records), await count(tidegate.chromaUrl, records)];
  expect([actual.text, actual.headers['content-type'], tierOf(actual)]).toEqual([
    expected.text,
    expected.headers['content-type'],
    'mirror',
  ]);
}

describe('get and count of the mirror', () => {
  it.each(Array.from({ length: COLLECTIONS }, (_, index) => index))(
    'answer as ChromaDB does, in its order, collection %i',
    async (index) => {
      const seed = random.below(2 ** 31);
      const samples = fc.sample(recordCase, { seed, numRuns: 100 });
      const filters = fc.sample(filterCase, { seed, numRuns: ROUNDS * GETS_EACH_ROUND });
      const writes = new WriteCases(random, POOL, samples, DELETING);
      const records = await createCollection(tidegate.url, `gets-${index}`);
      await call(tidegate.url, records, 'add', writes.recordsOf(POOL.slice(0, 25)));
      await waitForTier(tidegate.url, records.id, 'mirror');
      for (let round = 0; round < ROUNDS; round++) {
        await writeAtRandom(records, writes);
        await compareCount(records);
        const bodies = filters.splice(0, GETS_EACH_ROUND).map(getCase);
        bodies.push('{"include":[]}');
        for (let start = 0; start < bodies.length; start += AT_ONCE) {
          await Promise.all(
            bodies.slice(start, start + AT_ONCE).map((body) => proof.run(() => compare(records, body))),
          );
        }
      }
    },
    TEST_LIMIT_MS,
  );

  it('were mostly answered by the mirror', () => {
    expect(answeredByMirror).toBeGreaterThan(COLLECTIONS * ROUNDS * GETS_EACH_ROUND * 0.75);
  });
});
