import { until } from '../support/until.js';
import type { BenchProcess } from './bench-processes.js';
import type { BenchWorld } from './bench-world.js';
import { pathOf, takeSnapshot } from './collections.js';
import { LoadDriver } from './load-driver.js';
import { plainPlan, type ReadMaterial } from './read-scenarios.js';
import { TemplateSource } from './request-template.js';
import type { Figure } from './results.js';

const LIMIT_MS = 600_000;
/** Seldom enough to take little from what is started. */
const POLL_MS = 20;

/**
 * How long after a kill -9 and a new start queries are answered. Tidegate's ChromaDB runs on meanwhile, as it
 * does where it is another machine's; ChromaDB's own start is told beside it.
 */
export async function startFigures(
  world: BenchWorld,
  collection: string,
  material: ReadMaterial,
): Promise<readonly Figure[]> {
  await takeSnapshot(world.tidegate, collection);
  const { templates, choose } = plainPlan(material);
  const source = new TemplateSource({ path: pathOf(collection, 'query') }, templates, choose);
  const answered = (from: () => BenchProcess, tier?: string) =>
    until(
      `a query is answered${tier === undefined ? '' : ` by the ${tier}`}`,
      LIMIT_MS,
      async () => {
        // Never the same again: an answer that ChromaDB gave would come out of the answer cache.
        const driver = new LoadDriver(from().port, 1);
        const { errors, tiers } = await driver.run(source, world.first, { requests: 1 });
        world.countTo(world.first + 1);
        driver.close();
        return errors === 0 && (tier === undefined || tiers.has(tier));
      },
      POLL_MS,
    );
  const killedMs = performance.now();
  const since = () => Math.round(performance.now() - killedMs);
  await world.restartTidegate();
  await answered(() => world.tidegate);
  const first = since();
  await answered(() => world.tidegate, 'mirror');
  const mirror = since();
  const chromaKilledMs = performance.now();
  await world.restartChroma();
  await answered(() => world.chroma);
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
