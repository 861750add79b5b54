import { beforeAll, describe, expect, it } from '@jest/globals';
import { differences } from './support/differences.js';
import { DEFAULT_DATABASE, send, tierOf, waitForTier, type RawCall, type Reply } from './support/http.js';
import { withoutListOrder } from './support/list-order.js';
import { sendOversized } from './support/oversized-body.js';
import { createCollection, numberedRecords } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { ADDRESS_CASES } from './wire-cases/addresses.js';
import { BODY_CASES } from './wire-cases/bodies.js';
import { CALL_CASES } from './wire-cases/calls.js';
import { GET_FIELD_CASES } from './wire-cases/get-fields.js';
import { QUERY_FIELD_CASES } from './wire-cases/query-fields.js';
import { JSON_TYPE, recordsPath, type WireCase, type WirePlace } from './wire-cases/wire-case.js';

const OVERSIZED_BYTES = 100 * 1024 * 1024;
const HOT_TIERS = ['mirror', 'answer-cache'];

let tidegate: TidegateProcess;
let place: WirePlace;

beforeAll(async () => {
  tidegate = await startTidegate();
  const [filled, empty, written] = await Promise.all(
    ['wire-filled', 'wire-empty', 'wire-written'].map((name) => createCollection(tidegate.url, name)),
  );
  if (!filled || !empty || !written) throw new Error('three collections are needed');
  const random = new SeededRandom(1);
  const vectors = Array.from({ length: 60 }, () => random.vector(3));
  await filled.add(numberedRecords('filled', vectors));
  await written.add(numberedRecords('written', vectors.slice(0, 10)));
  await waitForTier(tidegate.url, filled.id, 'mirror');
  place = { filled: filled.id, empty: empty.id, written: written.id };
});

/** Sends the case both ways, ChromaDB first. */
async function bothAnswers({ call }: WireCase): Promise<readonly [Reply, Reply]> {
  const expected = await send(tidegate.chromaUrl, call(place));
  return [expected, await send(tidegate.url, call(place))];
}

/** What callers see of a reply apart from its body. */
function outline({ status, headers }: Reply) {
  return { status, contentType: headers['content-type'], allow: headers.allow };
}

/** Errors are compared to the letter, results with a tolerance for distances; the clock is left out. */
function expectSameBody(actual: Reply, expected: Reply): void {
  if (expected.status >= 400 || expected.json === undefined) {
    expect(withoutListOrder(actual.text)).toBe(withoutListOrder(expected.text));
    return;
  }
  expect(differences(withoutClock(actual.json), withoutClock(expected.json))).toEqual([]);
  expect(keysOf(actual.json)).toEqual(keysOf(expected.json));
}

function withoutClock(json: unknown): unknown {
  const clock = 'nanosecond heartbeat';
  const ticks = typeof json === 'object' && json !== null && clock in json ? json[clock] : undefined;
  return typeof ticks === 'number' ? { [clock]: 'some number' } : json;
}

function keysOf(json: unknown): readonly string[] {
  return typeof json === 'object' && json !== null ? Object.keys(json) : [];
}

function collectionOf(metadata: unknown): RawCall {
  const body = JSON.stringify({ name: 'breaking', metadata });
  return { method: 'POST', path: `${DEFAULT_DATABASE}/collections`, headers: JSON_TYPE, body };
}

describe.each([
  ['fields of a query', QUERY_FIELD_CASES],
  ['fields of a get, and counts', GET_FIELD_CASES],
  ['bodies', BODY_CASES],
  ['addresses and methods', ADDRESS_CASES],
  ['other calls', CALL_CASES],
])('Tidegate answers as ChromaDB does: %s', (_, cases) => {
  it.each(cases)('$name', async (wireCase) => {
    const [expected, actual] = await bothAnswers(wireCase);

    expect(outline(actual)).toEqual(outline(expected));
    expectSameBody(actual, expected);
    if (wireCase.hot) {
      expect(actual.status).toBe(200);
      expect(HOT_TIERS).toContain(tierOf(actual));
    }
  });
});

describe('Tidegate and what ChromaDB cannot bear', () => {
  it('refuses a body of 100 MB with the same status', async () => {
    const call = { path: recordsPath(place.filled, 'query'), headers: JSON_TYPE, bytes: OVERSIZED_BYTES };

    const expected = await sendOversized(tidegate.chromaUrl, call);
    const actual = await sendOversized(tidegate.url, call);

    expect(expected).toBe(413);
    expect(actual).toBe(expected);
  });

  it.each([
    ['a resource name', { method: 'GET', path: '/api/v2/collections/some:resource:name' }],
    ['a list as metadata of a collection', collectionOf({ layers: [1, 2] })],
  ])('answers in JSON where ChromaDB breaks the connection: %s', async (_, call) => {
    await expect(send(tidegate.chromaUrl, call)).rejects.toThrow();
    const actual = await send(tidegate.url, call);

    expect([502, 503]).toContain(actual.status);
    expect(actual.json).toEqual({ error: expect.any(String), message: expect.any(String) });
  });

  it('still answers from the mirror after all this', async () => {
    await waitForTier(tidegate.url, place.filled, 'mirror');
  });
});
