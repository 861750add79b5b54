import type { BenchWorld } from './bench-world.js';
import { loadCollection, pathOf, warmMirror } from './collections.js';
import { Dataset } from './dataset.js';
import { LoadDriver } from './load-driver.js';
import { plainPlan, type ReadMaterial } from './read-scenarios.js';
import { TemplateSource } from './request-template.js';
import type { Figure } from './results.js';
import { latenciesOf, median, rounded } from './statistics.js';

/** How much longer a plain query takes where a collection is larger, in turns from round to round. */
export async function growthFigures(
  world: BenchWorld,
  main: string,
  material: ReadMaterial,
): Promise<readonly Figure[]> {
  const { profile, seed, chroma, tidegate } = world;
  const collections = new Map<number, string>();
  for (const records of profile.growth) {
    const isMain = records === profile.records;
    const id = isMain ? main : await loadCollection(chroma, `bench-${records}`, new Dataset(seed, records));
    if (!isMain) await warmMirror(tidegate, id);
    collections.set(records, id);
  }
  const ours = await mediansBySize(world, tidegate.port, collections, material);
  const theirs = await mediansBySize(world, chroma.port, collections, material);
  return profile.growth.slice(1).flatMap((records, place) => {
    const smaller = profile.growth[place] ?? 0;
    const name = `${smaller}-${records}`;
    const title = `plain p50, ${records.toLocaleString('en')} records by ${smaller.toLocaleString('en')}`;
    const figure = (side: string, medians: ReadonlyMap<number, readonly number[]>): Figure => ({
      ...{ name: `growth-${side}-${name}`, title: `${title}, ${side}` },
      ...{ unit: '×', value: growth(medians, smaller, records) },
    });
    return [figure('Tidegate', ours), figure('ChromaDB', theirs)];
  });
}

/** The p50 of each round, by size. */
async function mediansBySize(
  world: BenchWorld,
  port: number,
  collections: ReadonlyMap<number, string>,
  material: ReadMaterial,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const { templates, choose } = plainPlan(material);
  const sources = [...collections].map(([records, id]) => {
    return { records, source: new TemplateSource({ path: pathOf(id, 'query') }, templates, choose) };
  });
  const driver = new LoadDriver(port, 1);
  const told = new Map(sources.map(({ records }) => [records, [] as number[]] as const));
  for (let round = 0; round <= world.rounds; round++) {
    for (const { records, source } of sources) {
      const outcome = await driver.run(source, world.first, { durationMs: world.profile.roundMs });
      world.countTo(world.first + outcome.requests);
      // The first round only warms.
      if (round > 0) told.get(records)?.push(latenciesOf(outcome.latenciesMs).p50);
    }
  }
  driver.close();
  return told;
}

function growth(medians: ReadonlyMap<number, readonly number[]>, smaller: number, larger: number): number {
  const before = medians.get(smaller) ?? [];
  const after = medians.get(larger) ?? [];
  return rounded(median(after.map((value, round) => value / (before[round] ?? NaN))));
}
