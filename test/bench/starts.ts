import { send, tierOf } from '../support/http.js';
import { until } from '../support/until.js';
import type { BenchWorld } from './bench-world.js';
import { operate, pathOf } from './collections.js';
import { plainPlan, type ReadMaterial } from './read-scenarios.js';
import type { Figure } from './results.js';
import { getJson } from '../support/http.js';

const LIMIT_MS = 600_000;
const POLL_MS = 5;

/**
 * How long after a kill -9 and a new start queries are answered. Tidegate's ChromaDB runs on meanwhile, as it
 * does where it is another machine's; ChromaDB's own start is told beside it.
 */
export async function startFigures(
  world: BenchWorld,
  collection: string,
  material: ReadMaterial,
): Promise<readonly Figure[]> {
  await snapshotTaken(world, collection);
  const bodies = plainPlan({ ...material, pool: material.pool.slice(0, 200) }).templates.map(
    ({ body }) => body,
  );
  let asked = 0;
  const answered = (from: () => string, tier?: string) =>
    until(
      `a query is answered${tier === undefined ? '' : ` by the ${tier}`}`,
      LIMIT_MS,
      async () => {
        const reply = await send(from(), {
          method: 'POST',
          path: pathOf(collection, 'query'),
          headers: { 'content-type': 'application/json' },
          body: bodies[asked++ % bodies.length] ?? '',
        }).catch(() => undefined);
        return reply?.status === 200 && (tier === undefined || tierOf(reply) === tier);
      },
      POLL_MS,
    );
  const killedMs = performance.now();
  const since = () => Math.round(performance.now() - killedMs);
  await world.restartTidegate();
  await answered(() => world.tidegate.url);
  const first = since();
  await answered(() => world.tidegate.url, 'mirror');
  const mirror = since();
  const chromaKilledMs = performance.now();
  await world.restartChroma();
  await answered(() => world.chroma.url);
  const chroma = Math.round(performance.now() - chromaKilledMs);
  return [
    { name: 'start-first', title: 'Tidegate, from kill -9 to the first answer', unit: 'ms', value: first },
    {
      name: 'start-mirror',
      title: 'from kill -9 to the first answer of the mirror',
      unit: 'ms',
      value: mirror,
    },
    { name: 'start-chroma', title: 'ChromaDB, from kill -9 to the first answer', unit: 'ms', value: chroma },
  ];
}

async function snapshotTaken({ tidegate }: BenchWorld, collection: string): Promise<void> {
  const askedAt = Date.now();
  await operate(tidegate, collection, 'snapshot');
  await until('a snapshot is taken', LIMIT_MS, async () => {
    const { json } = await getJson(tidegate.url, `/operations/v1/sync/${collection}`);
    const { snapshot } = json as { snapshot?: { readonly takenAt: string } };
    return snapshot !== undefined && Date.parse(snapshot.takenAt) >= askedAt;
  });
}
