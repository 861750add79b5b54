import { recordAdministration } from './administration.js';
import { recordClientErrors } from './client-errors.js';
import { recordCollectionCalls } from './collection-calls.js';
import type { Door } from './door.js';
import { recordReads } from './reads.js';
import { Transcript, type Step } from './transcript.js';
import { recordWrites } from './writes.js';

/** Everything the client can do, in a fixed order, from an empty store to an empty store. */
export async function runClientScenario(door: Door): Promise<readonly Step[]> {
  const transcript = new Transcript();
  const client = door.client();
  await client.reset();
  await recordAdministration(door, transcript);
  await recordCollectionCalls(client, transcript);
  for (const space of ['l2', 'ip', 'cosine'] as const) {
    const collection = await recordWrites(client, transcript, space, (written) => door.settle(written));
    await recordReads(collection, transcript, `${space}, `);
  }
  await recordClientErrors(client, transcript);
  await transcript.record('reset', () => client.reset());
  await transcript.record('count collections after the reset', () => client.countCollections());
  return transcript.steps;
}
