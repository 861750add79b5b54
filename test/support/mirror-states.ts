import { getJson, postJson } from './http.js';
import { until } from './until.js';

const LIMIT_MS = 20_000;
const PAUSE_MS = 10;

/** A collection by its address. */
export interface CollectionAddress {
  readonly id: string;
  readonly tenant: string;
  readonly database: string;
}

/** The state of its mirror as operators see it; undefined while Tidegate does not know it. */
export async function mirrorState(url: string, { id }: CollectionAddress): Promise<string | undefined> {
  const { json } = await getJson(url, '/operations/v1/collections');
  const { collections } = json as { collections: { readonly id: string; readonly state: string }[] };
  return collections.find((each) => each.id === id)?.state;
}

/** Reads from the collection, each time something that is not cached, until its mirror is in the state. */
export async function wakeUntilState(url: string, address: CollectionAddress, state: string): Promise<void> {
  const { id, tenant, database } = address;
  const path = `/api/v2/tenants/${tenant}/databases/${database}/collections/${id}/get`;
  let round = 0;
  const ask = async () => {
    if ((await mirrorState(url, address)) === state) return true;
    await postJson(url, path, { include: [], limit: 1, offset: 1_000_000 + round++ });
    return false;
  };
  await until(`the mirror of collection ${id} is ${state}`, LIMIT_MS, ask, PAUSE_MS);
}
