import { DEFAULT_DATABASE, getJson, postJson, send, type Reply } from '../support/http.js';
import { mirrorState } from '../support/mirror-states.js';
import { createCollection } from '../support/records.js';
import { until } from '../support/until.js';
import type { BenchProcess } from './bench-processes.js';
import type { Dataset } from './dataset.js';
import { recordsBody, recordsOf } from './record-bodies.js';

const LOAD_BATCH = 1_000;
const WRITE_LIMIT_MS = 120_000;
const WARM_LIMIT_MS = 1_800_000;
const POLL_MS = 20;

export function pathOf(id: string, call: string): string {
  return `${DEFAULT_DATABASE}/collections/${id}/${call}`;
}

/** Creates a collection at ChromaDB and fills it there. @returns its id */
export async function loadCollection(chroma: BenchProcess, name: string, dataset: Dataset): Promise<string> {
  const { id } = await createCollection(chroma.url, name, 'cosine');
  for (let from = 0; from < dataset.count; from += LOAD_BATCH) {
    const records = recordsOf(dataset, from, Math.min(dataset.count, from + LOAD_BATCH));
    const reply = await send(chroma.url, {
      method: 'POST',
      path: pathOf(id, 'add'),
      headers: { 'content-type': 'application/json' },
      body: recordsBody(records, 'base64'),
      limitMs: WRITE_LIMIT_MS,
    });
    if (reply.status !== 201) throw new Error(`a batch was refused with ${reply.status}: ${reply.text}`);
  }
  return id;
}

/** Has Tidegate begin a mirror. */
export async function beginMirror(tidegate: BenchProcess, id: string): Promise<void> {
  await operate(tidegate, id, 'warm');
}

/** Has Tidegate mirror a collection, and waits until the mirror answers. */
export async function warmMirror(tidegate: BenchProcess, id: string): Promise<void> {
  await beginMirror(tidegate, id);
  await untilState(tidegate, id, 'warm');
}

export async function untilState(tidegate: BenchProcess, id: string, state: string): Promise<void> {
  const awaited = `the mirror of ${id} is ${state}`;
  await until(awaited, WARM_LIMIT_MS, async () => (await stateOf(tidegate, id)) === state, POLL_MS);
}

export async function stateOf(tidegate: BenchProcess, id: string): Promise<string | undefined> {
  const address = { id, tenant: 'default_tenant', database: 'default_database' };
  return mirrorState(tidegate.url, address);
}

type Action = 'warm' | 'drop' | 'snapshot';

export async function operate(tidegate: BenchProcess, id: string, action: Action): Promise<void> {
  const reply = await tryToOperate(tidegate, id, action);
  if (reply.status !== 202) throw new Error(`${action} was answered ${reply.status}: ${reply.text}`);
}

function tryToOperate(tidegate: BenchProcess, id: string, action: Action): Promise<Reply> {
  const path = { tenant: 'default_tenant', database: 'default_database' };
  return postJson(tidegate.url, `/operations/v1/sync/${id}/${action}`, path);
}

/** Has Tidegate take a snapshot of a mirror, and waits until it is there. */
export async function takeSnapshot(tidegate: BenchProcess, id: string): Promise<void> {
  const askedAt = Date.now();
  // Another one may be under way.
  await until('a snapshot is begun', WARM_LIMIT_MS, async () => {
    return (await tryToOperate(tidegate, id, 'snapshot')).status === 202;
  });
  await until('a snapshot is taken', WARM_LIMIT_MS, async () => {
    const { json } = await getJson(tidegate.url, `/operations/v1/sync/${id}`);
    const { snapshot } = json as { snapshot?: { readonly takenAt: string } };
    return snapshot !== undefined && Date.parse(snapshot.takenAt) >= askedAt;
  });
}

export async function countAt(server: BenchProcess, id: string): Promise<number> {
  const { json } = await getJson(server.url, pathOf(id, 'count'));
  return Number(json);
}
