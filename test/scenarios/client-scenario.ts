import { recordAdministration } from './administration.js';
import { recordClientErrors } from './client-errors.js';
import { recordCollectionCalls } from './collection-calls.js';
import { recordDimensions } from './dimensions.js';
import type { Door } from './door.js';
import { recordEmptied } from './emptied.js';
import { recordLastReads } from './last-reads.js';
import { recordReads } from './reads.js';
import { SPACES } from './space.js';
import { Transcript, type Step } from './transcript.js';
import { DIMENSION, recordWrites } from './writes.js';

/** Everything the client can do, in a fixed order, from an empty store to an empty store. */
export async function runClientScenario(door: Door): Promise<readonly Step[]> {
  const transcript = new Transcript(door.asksTwice);
  const client = door.client();
  await client.reset();
  await recordAdministration(door, transcript);
  await recordCollectionCalls(client, transcript);
  for (const space of SPACES) {
    const collection = await recordWrites(client, transcript, space, (written) => door.settle(written));
    await recordReads(collection, transcript, `${space}, `);
    await door.leave(collection);
    await recordLastReads(collection, transcript, space, [Array<number>(DIMENSION).fill(0.1)]);
  }
  await recordDimensions(client, door, transcript);
  await recordEmptied(client, door, transcript);
  await recordClientErrors(client, door, transcript);
  await transcript.record('reset', () => client.reset());
  await transcript.record('count collections after the reset', () => client.countCollections());
  return transcript.steps;
}
