import type { BenchWorld } from './bench-world.js';
import { beginMirror, operate, stateOf, untilState } from './collections.js';
import { measureReads } from './read-rows.js';
import { plainPlan, type ReadMaterial } from './read-scenarios.js';
import type { Row } from './results.js';

const CLIENTS = [1, 16];

/** Measures plain queries while the mirror of their collection is filled. */
export async function duringWarmUpRows(
  world: BenchWorld,
  collection: string,
  material: ReadMaterial,
  report: (row: Row) => void,
): Promise<void> {
  const plan = plainPlan(material);
  for (const clients of CLIENTS) {
    await operate(world.tidegate, collection, 'drop');
    await beginMirror(world.tidegate, collection);
    const measured = await measureReads(world, collection, plan, clients);
    const title = 'plain, while the mirror is filled';
    const state = await stateOf(world.tidegate, collection);
    const ended = state === 'warm' ? ', whose end is in it' : '';
    report({ scenario: 'during-warm-up', title: title + ended, clients, unitsPerRequest: 1, ...measured });
    await untilState(world.tidegate, collection, 'warm');
  }
}
