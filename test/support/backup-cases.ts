import { DEFAULT_DATABASE, getJson, postJson, send, type Reply } from './http.js';
import { createCollection, Records } from './records.js';
import type { SeededRandom } from './seeded-random.js';

const STRINGS = ['', 'a\u0000b', '"\\/\n\t\r', '\u{1F600}\ufffd', 'null', '\u2028 \u007f', 'é'.repeat(300)];
const NUMBERS = ['1', '1.0', '-7', '9223372036854775807', '-9223372036854775808', '0.1', '1e300', '5e-324'];
const LISTS = ['[1,2]', '[1.0,2.5]', '["a",""]', '[true,false]'];
const FLOATS = ['0.1', '-0.0', '1e-45', '3.4e38', '16777217', '1', '123456.789', '-1e-7', '0.333333343'];
const NO_VALUE_IN = 5;
const BATCH_RECORDS = 40;

/** A record's members as JSON text; an id that is unlike all others. */
function nastyRecord(random: SeededRandom, place: number, dimension: number) {
  const text = () => JSON.stringify(random.pick(STRINGS));
  const or = (value: string) => (random.below(NO_VALUE_IN) === 0 ? 'null' : value);
  const value = () => random.pick([text(), random.pick(NUMBERS), random.pick(LISTS), 'true', 'false']);
  const keys = ['k', 'a b', '\u0000', 'é"\\', 'z'].filter(() => random.below(2) === 0);
  const metadata = keys.map((key) => `${JSON.stringify(key)}:${value()}`).join(',');
  const vector = Array.from({ length: dimension }, () =>
    random.below(3) === 0 ? random.pick(FLOATS) : String(random.next() * 2 - 1),
  );
  return {
    id: JSON.stringify(`${random.pick(STRINGS)}-${place}`),
    document: or(text()),
    metadata: metadata === '' ? 'null' : `{${metadata}}`,
    uri: or(text()),
    embedding: `[${vector.join(',')}]`,
  };
}

/** Adds generated records whose every field is hard to carry over. */
export async function addNastyRecords(
  records: Records,
  random: SeededRandom,
  count: number,
  dimension: number,
): Promise<void> {
  for (let start = 0; start < count; start += BATCH_RECORDS) {
    const batch = Array.from({ length: Math.min(BATCH_RECORDS, count - start) }, (_, index) =>
      nastyRecord(random, start + index, dimension),
    );
    const column = (name: keyof (typeof batch)[number]) => `[${batch.map((each) => each[name]).join(',')}]`;
    const body =
      `{"ids":${column('id')},"embeddings":${column('embedding')},"documents":${column('document')},` +
      `"metadatas":${column('metadata')},"uris":${column('uri')}}`;
    accepted(
      await send(records.url, {
        method: 'POST',
        path: `${DEFAULT_DATABASE}/collections/${records.id}/add`,
        headers: { 'content-type': 'application/json' },
        body,
      }),
    );
  }
}

/** A collection of plain records: `prefix-0` and on. */
export async function plainCollection(
  url: string,
  name: string,
  random: SeededRandom,
  count: number,
  dimension: number,
): Promise<Records> {
  const records = await createCollection(url, name);
  for (let start = 0; start < count; start += 500) {
    const places = Array.from({ length: Math.min(500, count - start) }, (_, index) => start + index);
    const ids = places.map((place) => `${name}-${place}`);
    const documents = ids.map((id) => `document of ${id}`);
    const metadatas = places.map((place) => ({ place, share: place / 4 + 0.5 }));
    const embeddings = places.map(() => random.vector(dimension));
    accepted(await records.add({ ids, embeddings, documents, metadatas }));
  }
  return records;
}

export async function createWith(url: string, body: object): Promise<Records> {
  const reply = accepted(await postJson(url, `${DEFAULT_DATABASE}/collections`, body));
  return new Records(url, (reply.json as { id: string }).id);
}

/** All that a store tells of its collections: descriptions without ids, and every record, in order. */
export async function contentsOf(
  url: string,
): Promise<Map<string, { description: unknown; records: unknown }>> {
  const list = accepted(await getJson(url, `${DEFAULT_DATABASE}/collections`)).json as { name: string }[];
  const contents = list.map(async ({ name }) => {
    const path = `${DEFAULT_DATABASE}/collections/${encodeURIComponent(name)}`;
    const { id, ...description } = exact(accepted(await getJson(url, path)).text) as { id: string };
    const include = ['embeddings', 'documents', 'metadatas', 'uris'];
    const records = exact(accepted(await new Records(url, id).get({ include })).text);
    return [name, { description, records }] as const;
  });
  return new Map(await Promise.all(contents));
}

/** Parses JSON with numbers as their text, so that `1` and `1.0` stay two things. */
export function exact(json: string): unknown {
  const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const quoted = json.replace(token, (found) => (found.startsWith('"') ? found : `"number ${found}"`));
  return JSON.parse(quoted) as unknown;
}

export function accepted(reply: Reply): Reply {
  if (reply.status >= 300) throw new Error(`ChromaDB answered ${reply.status}: ${reply.text}`);
  return reply;
}
