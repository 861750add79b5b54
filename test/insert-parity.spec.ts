import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCounter, sumOf } from './support/counters.js';
import { recordCase, type JsonText } from './support/filter-cases.js';
import { DEFAULT_DATABASE, send, tierOf, waitForTier, type Reply } from './support/http.js';
import { withSortedMetadata } from './support/metadata-order.js';
import { ProofLog } from './support/proof-log.js';
import { createCollection, type Records } from './support/records.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

/** TEST_INSERTS=20000 makes the long run; half of them are of each kind of distance. */
const INSERTS = Number(process.env['TEST_INSERTS'] ?? 800);
const SPACES = ['l2', 'cosine'];
/** Beyond, the answer with everything takes so long that ChromaDB's pace is tried now and then. */
const INSERTS_EACH_COLLECTION = 400;
const COLLECTIONS = Math.ceil(INSERTS / SPACES.length / INSERTS_EACH_COLLECTION);
const INSERTS_EACH_ROUND = 40;
const WRITERS = 4;
const MAX_TRIES = 10;
/** Records that tell how a ChromaDB keeps vectors of cosine distance, and some. */
const PROOFS = 600;
const DIMENSION = 3;
const EVERYTHING = '{"include":["embeddings","documents","metadatas","uris"]}';

const random = seededRandom('insert-parity');
const proof = new ProofLog('inserts taken from their bodies', 'inserts', random.seed);
const TEST_LIMIT_MS = 60_000 + INSERTS * 100;
let tidegate: TidegateProcess;

beforeAll(async () => {
  tidegate = await startTidegate({ TIDEGATE_WARM_PAGE_RECORDS: '5' });
});

afterAll(() => {
  proof.report();
  return tidegate.stop();
});

/** Numbers that ChromaDB reads, and prints, in ways that are easily got wrong. */
const NUMBERS = [
  ...['0', '-0', '1', '-7', '9007199254740991', '9007199254740993', '-9223372036854775808'],
  ...['0.0', '-0.0', '1.0', '1.50', '0.1', '-2.25', '123456.789', '0.30000000000000004', '1e3', '1E-7'],
  ...['0.0001', '0.00001', '0.000001', '1234567890123.5', '12345678901234567.0', '1.7976931348623157e308'],
  ...['100000000000000000000', '2.2250738585072011e-308', '3.14159265358979', '3.141592653589793238'],
];
const TEXTS = [
  '""',
  '"a"',
  '"é\u{1F600}"',
  '"a\\nb\\t\\"c\\"\\\\"',
  '"\\u00e9"',
  '"\\/"',
  '"\\u0001"',
  '"\u007f"',
];
const PLAIN_TEXTS = ['"a text"', '"b\\n\\"c\\""', 'null'];
const KEYS = ['"a"', '"b c"', '"é"', '"k\\n"', '"\\u0061"', '"n"'];
const HUGE = '3.4028235e38';
/** As a double it lies exactly between two floats, which the decimal does not. */
const BETWEEN = '7.038531e-26';
const FLOATS = [
  ...['0', '1', '-1', '0.5', '0.1', '0.10000000149011612', HUGE, '1e-45', '1e-46', '-0.0', '1e3'],
  ...['1.00000005960464477539', '16777217', '0.333333333333333333', BETWEEN, '-2.5E-1'],
];

function metadataCase(): JsonText {
  const [sample] = fc.sample(recordCase, { seed: random.below(2 ** 31), numRuns: 1 });
  if (sample && random.below(3) === 0) return sample.metadata;
  const keys = KEYS.filter(() => random.below(3) === 0);
  const values = keys.map(() =>
    random.pick([...NUMBERS, ...TEXTS, 'true', 'false', 'true', 'null', '[1,2]']),
  );
  const space = random.below(6) === 0 ? ' ' : '';
  return random.below(4) === 0
    ? 'null'
    : `{${keys.map((key, n) => `${key}:${space}${values[n]}`).join(',')}}`;
}

/** A float of any size, in as many digits as a program may write. */
function floatCase(): JsonText {
  const value =
    (random.next() - 0.5) * 10 ** (random.below(4) === 0 ? random.below(560) - 280 : random.below(8));
  const digits = random.below(18);
  const texts = [String(value), value.toExponential(digits), value.toFixed(digits), value.toPrecision(17)];
  const text = random.pick(texts);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function plainMetadata(): JsonText {
  if (random.below(3) === 0) return `{"f":${floatCase()},"g":${floatCase()},"n":1}`;
  return random.pick(['null', '{"a":1}', '{"a":1.5,"b c":"x"}', '{"é":"\\n","n":0.25,"z":true}']);
}

/** @param floats odd ones to pick from */
function vectorCase(odd: boolean, floats: readonly string[]): JsonText {
  const vector = random.vector(DIMENSION);
  const kind = random.below(odd ? 4 : 2);
  if (kind === 0) return JSON.stringify(vector);
  if (kind === 1) return `[${vector.map((value) => String(Number(value.toPrecision(7)))).join(',')}]`;
  return `[${vector.map(() => (kind === 2 ? random.pick(floats) : String(random.next()))).join(', ')}]`;
}

function base64Of(vector: readonly number[]): JsonText {
  return JSON.stringify(Buffer.from(Float32Array.from(vector).buffer).toString('base64'));
}

interface Insert {
  readonly call: 'add' | 'upsert';
  readonly body: string;
}

/** Mostly new ids; half of the bodies are plain, as clients send them. */
class InsertCases {
  private records = 0;
  private readonly floats: readonly string[];

  /**
   * @param space where it is cosine, a norm beyond float32 makes ChromaDB lose the vector, and what comes of
   * its arithmetic may be the float whose text the other one is
   */
  constructor(space: string) {
    this.floats = space === 'cosine' ? FLOATS.filter((float) => float !== HUGE && float !== BETWEEN) : FLOATS;
  }

  next(): Insert {
    const odd = random.below(2) === 0;
    const count = 1 + random.below(7);
    const ids = Array.from({ length: count }, () => this.idCase(odd));
    const base64 = random.below(3) === 0;
    const column = (text: () => JsonText) => `[${ids.map(text).join(',')}]`;
    const vector = () => (base64 ? base64Of(random.vector(DIMENSION)) : vectorCase(odd, this.floats));
    const members = [
      `"ids":[${ids.join(',')}]`,
      `"embeddings":${column(vector)}`,
      `"metadatas":${random.below(5) === 0 ? 'null' : column(odd ? metadataCase : plainMetadata)}`,
      `"documents":${column(() => random.pick(odd ? [...TEXTS, 'null'] : PLAIN_TEXTS))}`,
      `"uris":${column(() => random.pick(['null', 'null', '"file:///u"']))}`,
    ];
    const sent = odd && random.below(4) === 0 ? members.reverse() : members;
    const kept = sent.filter((member) => /^"(ids|emb)/.test(member) || random.below(5) > 0);
    return { call: random.pick(['add', 'upsert'] as const), body: `{${kept.join(odd ? ' , ' : ',')}}` };
  }

  private idCase(odd: boolean): JsonText {
    if (odd && random.below(6) === 0) return `"r${random.below(this.records + 1)}"`;
    const number = this.records++;
    return odd && random.below(6) === 0 ? `"r\\u00e9${number}"` : `"r${number}"`;
  }
}

function call(url: string, { id }: Records, name: string, body: string): Promise<Reply> {
  const path = `${DEFAULT_DATABASE}/collections/${id}/${name}`;
  return send(url, { method: 'POST', path, body, headers: { 'content-type': 'application/json' } });
}

/** Where a mirror takes long, one read in twenty is ChromaDB's: it is then asked again, in other bytes. */
async function everythingOfMirror(records: Records): Promise<Reply> {
  for (let spaces = 0; ; spaces++) {
    const reply = await call(tidegate.url, records, 'get', EVERYTHING + ' '.repeat(spaces));
    if (tierOf(reply) === 'mirror' || spaces === MAX_TRIES) return reply;
  }
}

/** Where the texts first differ, with what is around; nothing when they are equal. */
function difference(actual: string, expected: string): string[] {
  if (actual === expected) return [];
  let at = 0;
  while (actual[at] === expected[at]) at++;
  return [actual, expected].map((text) => text.slice(Math.max(0, at - 80), at + 120));
}

/** A collection whose mirror takes inserts from their bodies. */
async function provenCollection(name: string, space: string): Promise<Records> {
  const records = await createCollection(tidegate.url, name, space);
  await call(tidegate.url, records, 'add', '{"ids":["first"],"embeddings":[[1,2,3]]}');
  await waitForTier(tidegate.url, records.id, 'mirror');
  const proofs = Array.from({ length: PROOFS }, () => random.vector(3));
  const ids = proofs.map((_, number) => `proof-${number}`);
  await call(tidegate.url, records, 'add', JSON.stringify({ ids, embeddings: proofs }));
  return records;
}

async function insertEach(records: Records, inserts: readonly Insert[]): Promise<void> {
  const left = [...inserts];
  const write = async () => {
    for (let each = left.shift(); each; each = left.shift()) {
      const { call: name, body } = each;
      const { status } = await proof.run(() => call(tidegate.url, records, name, body));
      expect({ name, body, failed: status >= 500 }).toEqual({ name, body, failed: false });
    }
  };
  await Promise.all(Array.from({ length: random.below(2) === 0 ? 1 : WRITERS }, write));
}

describe('writes that a mirror takes in from their own bodies', () => {
  it.each(SPACES)(
    'are there as ChromaDB has them, byte for byte, in its order: %s',
    async (space) => {
      for (let number = 0; number < COLLECTIONS; number++) {
        const records = await provenCollection(`inserts-${space}-${number}`, space);
        const cases = new InsertCases(space);
        for (let sent = 0; sent < INSERTS_EACH_COLLECTION; sent += INSERTS_EACH_ROUND) {
          const inserts = Array.from({ length: INSERTS_EACH_ROUND }, () => cases.next());
          await insertEach(records, inserts);
          const actual = await everythingOfMirror(records);
          const expected = await call(tidegate.chromaUrl, records, 'get', EVERYTHING);
          const bodies = inserts.map(({ body }) => body);
          expect({ bodies, tier: tierOf(actual) }).toEqual({ bodies, tier: 'mirror' });
          const texts = [actual.text, expected.text].map(withSortedMetadata) as [string, string];
          expect({ bodies, differs: difference(...texts) }).toEqual({ bodies, differs: [] });
        }
      }
    },
    TEST_LIMIT_MS,
  );

  it('are reproduced where they are plain, and read back where they are not', async () => {
    const counter = await readCounter(tidegate.url, 'tidegate_insert_reflections_total');
    expect(sumOf(counter, 'how="reproduced"')).toBeGreaterThan(INSERTS / 4);
    expect(sumOf(counter, 'how="read-back"')).toBeGreaterThan(INSERTS / 10);
  });
});
