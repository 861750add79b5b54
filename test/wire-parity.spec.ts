import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { differences } from './support/differences.js';
import { flagForAll } from './support/flag-documents.js';
import {
  callJson,
  DEFAULT_DATABASE,
  send,
  tierOf,
  waitForTier,
  type RawCall,
  type Reply,
} from './support/http.js';
import { withoutListOrder } from './support/list-order.js';
import { wakeUntilState } from './support/mirror-states.js';
import { sendOversized } from './support/oversized-body.js';
import { createCollection, numberedRecords } from './support/records.js';
import { SeededRandom } from './support/seeded-random.js';
import { startTcpForwarder, type TcpForwarder } from './support/tcp-forwarder.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import { until } from './support/until.js';
import { ADDRESS_CASES } from './wire-cases/addresses.js';
import { BODY_CASES } from './wire-cases/bodies.js';
import { CALL_CASES } from './wire-cases/calls.js';
import { GET_FIELD_CASES } from './wire-cases/get-fields.js';
import { QUERY_FIELD_CASES } from './wire-cases/query-fields.js';
import { JSON_TYPE, recordsPath, type WireCase, type WirePlace } from './wire-cases/wire-case.js';

const OVERSIZED_BYTES = 100 * 1024 * 1024;
const HOT_TIERS = ['mirror', 'answer-cache'];
const HOLD_LIMIT_MS = 20_000;
const RECORDS = 60;
/** As only a warm-up asks for the records of the filled collection. */
const WARM_UP_PAGE = `"filled-${RECORDS - 1}"],"include":["embeddings","documents","metadatas","uris"]`;
const READ_CASES = [
  ['fields of a query', QUERY_FIELD_CASES],
  ['fields of a get, and counts', GET_FIELD_CASES],
  ['bodies', BODY_CASES],
] as const;

/** What answers that a mirror could give, by the state in which mirrors are kept. */
const ANSWERED_BY = {
  cold: 'chroma: flag-off',
  warming: 'chroma: mirror-warming',
  warm: 'mirror: warm',
} as const;
type State = keyof typeof ANSWERED_BY;

let lender: TidegateProcess;
let network: TcpForwarder;
let tidegate: TidegateProcess;
let place: WirePlace;
const known = new Map<WireCase, Reply>();

beforeAll(async () => {
  lender = await startTidegate();
  network = await startTcpForwarder(lender.chromaUrl);
  tidegate = await startTidegate({
    TIDEGATE_CHROMA_URL: network.url,
    TIDEGATE_CHROMA_TIMEOUT_MS: '120000',
  });
  const [filled, empty, written] = await Promise.all(
    ['wire-filled', 'wire-empty', 'wire-written'].map((name) => createCollection(lender.chromaUrl, name)),
  );
  if (!filled || !empty || !written) throw new Error('three collections are needed');
  const random = new SeededRandom(1);
  const vectors = Array.from({ length: RECORDS }, () => random.vector(3));
  await filled.add(numberedRecords('filled', vectors));
  await written.add(numberedRecords('written', vectors.slice(0, 10)));
  place = { filled: filled.id, empty: empty.id, written: written.id };
});

afterAll(() => network.close());

/** Sends the case both ways, ChromaDB first. */
async function bothAnswers({ call }: WireCase): Promise<readonly [Reply, Reply]> {
  const expected = await send(lender.chromaUrl, call(place));
  return [expected, await send(tidegate.url, call(place))];
}

/** ChromaDB's answer to a read; nothing that it depends on changes. */
async function knownAnswer(read: WireCase): Promise<Reply> {
  const answer = known.get(read) ?? (await send(lender.chromaUrl, read.call(place)));
  known.set(read, answer);
  return answer;
}

/** Brings the filled collection's mirror into the state, by way of the states before it. */
async function enter(state: State, cache: 'on' | 'off'): Promise<void> {
  const mirrorReads = flagForAll(state === 'cold' ? 'off' : 'on');
  const flags = { 'mirror-reads': mirrorReads, 'answer-cache-reads': flagForAll(cache) };
  expect((await callJson(tidegate.url, 'PUT', '/operations/v1/flags', { flags })).status).toBe(200);
  const address = { id: place.filled, tenant: 'default_tenant', database: 'default_database' };
  if (state === 'warming') {
    network.hold.begin(WARM_UP_PAGE);
    await wakeUntilState(tidegate.url, address, state);
    await until('a page is held', HOLD_LIMIT_MS, () => Promise.resolve(network.hold.held > 0));
  }
  if (state === 'warm') {
    network.hold.end();
    await wakeUntilState(tidegate.url, address, state);
  }
  // Changes nothing, but what was kept of an earlier state is not answered with any more.
  const { status } = await callJson(tidegate.url, 'POST', recordsPath(place.filled, 'update'), {
    ids: ['nobody'],
    embeddings: [[0, 0, 0]],
  });
  expect(status).toBe(200);
}

function told(reply: Reply): string {
  return `${tierOf(reply)}: ${String(reply.headers['x-tidegate-reason'])}`;
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

describe.each(['cold', 'warming', 'warm'] as const)('with mirrors that are %s', (state) => {
  describe.each(['off', 'on'] as const)('and the answer cache %s', (cache) => {
    beforeAll(() => enter(state, cache));

    describe.each(READ_CASES)('Tidegate answers as ChromaDB does: %s', (_, cases) => {
      it.each(cases)('$name', async (read) => {
        const expected = await knownAnswer(read);
        const actual = await send(tidegate.url, read.call(place));

        expect(outline(actual)).toEqual(outline(expected));
        expectSameBody(actual, expected);
        if (read.hot) expect([actual.status, told(actual)]).toEqual([200, ANSWERED_BY[state]]);
        if (cache === 'off') return;

        const again = await send(tidegate.url, read.call(place));
        expect(outline(again)).toEqual(outline(expected));
        expectSameBody(again, expected);
        // Counts are too cheap to be kept.
        const isCount = read.call(place).method === 'GET';
        if (read.hot) expect(told(again)).toBe(isCount ? ANSWERED_BY[state] : 'answer-cache: cached');
      });
    });
  });
});

describe.each([
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

    const expected = await sendOversized(lender.chromaUrl, call);
    const actual = await sendOversized(tidegate.url, call);

    expect(expected).toBe(413);
    expect(actual).toBe(expected);
  });

  it.each([
    ['a resource name', { method: 'GET', path: '/api/v2/collections/some:resource:name' }],
    ['a list as metadata of a collection', collectionOf({ layers: [1, 2] })],
  ])('answers in JSON where ChromaDB breaks the connection: %s', async (_, call) => {
    await expect(send(lender.chromaUrl, call)).rejects.toThrow();
    const actual = await send(tidegate.url, call);

    expect([502, 503]).toContain(actual.status);
    expect(actual.json).toEqual({ error: expect.any(String), message: expect.any(String) });
  });

  it('still answers from the mirror after all this', async () => {
    await waitForTier(tidegate.url, place.filled, 'mirror');
  });
});
