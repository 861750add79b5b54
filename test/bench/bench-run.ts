import type { BenchWorld } from './bench-world.js';
import { loadCollection, warmMirror } from './collections.js';
import { Dataset, DIMENSION } from './dataset.js';
import { driverCeiling } from './driver-ceiling.js';
import { ExactSearch } from './exact-search.js';
import { growthFigures } from './growth.js';
import { limitFigures } from './limits.js';
import { thisMachine } from './machine.js';
import { memoryFigures } from './memory.js';
import { residentBytes } from './process-usage.js';
import { queryPool } from './query-pool.js';
import { readRows } from './read-rows.js';
import { plainPlan, READ_SCENARIOS, type ReadMaterial } from './read-scenarios.js';
import { TemplateSource } from './request-template.js';
import type { BenchResults, Figure, Row } from './results.js';
import { figureText, rowText } from './row-text.js';
import { startFigures } from './starts.js';
import { Twins } from './twins.js';
import { duringWarmUpRows } from './warm-up-rows.js';
import { ingestRows, mixRows } from './write-rows.js';
import { INGEST_SCENARIOS, MIX_SCENARIOS } from './write-scenarios.js';

/** Scenarios that are not of one table: what each measures is in the file that has its name. */
const OTHERS = ['during-warm-up', 'memory', 'growth', 'starts', 'limits'];

export const SCENARIO_NAMES: readonly string[] = [
  ...[...READ_SCENARIOS, ...INGEST_SCENARIOS, ...MIX_SCENARIOS].map(({ name }) => name),
  ...OTHERS,
];

/** One run of the benchmark, from loading to its results. */
export class BenchRun {
  private readonly figures: Figure[] = [];
  private readonly startedMs = performance.now();
  private readonly material: ReadMaterial;
  private rows: Row[] = [];
  private collection = '';
  private twins: Twins | undefined;

  constructor(
    private readonly world: BenchWorld,
    private readonly print: (text: string) => void,
  ) {
    const { profile, seed } = world;
    const dataset = new Dataset(seed, profile.records);
    const pool = queryPool(seed, profile.queries);
    this.material = { dataset, pool, exact: new ExactSearch(dataset), checks: profile.checks };
  }

  /** Loads and measures. @param scenario the only one to measure; by default all of the profile */
  async results(scenario?: string): Promise<BenchResults> {
    const { world, material } = this;
    const { only } = world.profile;
    const runs = (name: string) =>
      scenario === undefined ? only === undefined || only.has(name) : scenario === name;
    const ceiling = await this.measureCeiling();
    this.print(`the driver makes ${ceiling} requests/s of a server that does nothing\n`);
    const coldBytes = await this.load();
    if (runs('memory')) {
      this.add(...(await memoryFigures(world, this.collection, material.dataset, coldBytes)));
    }
    // While there is no other mirror: all that have a snapshot are loaded at once.
    if (runs('starts')) this.add(...(await startFigures(world, this.collection, material)));
    await this.measureRows(runs);
    if (runs('growth')) this.add(...(await growthFigures(world, this.collection, material)));
    if (runs('during-warm-up')) await duringWarmUpRows(world, this.collection, material, this.report);
    const machine = thisMachine();
    if (runs('limits')) {
      const bounds = { cores: machine.cores, driverCeiling: ceiling };
      this.add(...(await limitFigures(world, this.collection, material, bounds)));
    }
    return {
      profile: world.profile.name,
      seed: world.seed,
      measuredAt: new Date().toISOString(),
      records: material.dataset.count,
      dimension: DIMENSION,
      seconds: this.seconds(),
      machine,
      driverCeiling: ceiling,
      rows: this.rows,
      figures: this.figures,
    };
  }

  /** Measures scenarios once more. */
  async again(names: ReadonlySet<string>): Promise<readonly Row[]> {
    this.rows = [];
    await this.measureRows((name) => names.has(name));
    return this.rows;
  }

  /** @returns what Tidegate held in memory before it had a mirror, in bytes */
  private async load(): Promise<number> {
    const { world, material } = this;
    this.collection = await loadCollection(world.chroma, 'bench', material.dataset);
    this.print(`loaded ${material.dataset.count} records at ${this.seconds()} s\n`);
    const coldBytes = residentBytes(world.tidegate.pid);
    await warmMirror(world.tidegate, this.collection);
    this.print(`the mirror is warm at ${this.seconds()} s\n`);
    return coldBytes;
  }

  private async measureRows(runs: (name: string) => boolean): Promise<void> {
    const { world, material } = this;
    for (const scenario of READ_SCENARIOS.filter(({ name }) => runs(name))) {
      await readRows(world, this.collection, scenario, material, this.report);
    }
    const ingests = INGEST_SCENARIOS.filter(({ name }) => runs(name));
    const mixes = MIX_SCENARIOS.filter(({ name }) => runs(name));
    if (ingests.length + mixes.length === 0) return;
    this.twins ??= await Twins.create(world);
    for (const scenario of ingests) await ingestRows(this.twins, scenario, this.report);
    const reads = plainPlan(material);
    for (const scenario of mixes) await mixRows(this.twins, scenario, reads, this.report);
  }

  private measureCeiling(): Promise<number> {
    const { templates, choose } = plainPlan(this.material);
    const source = new TemplateSource({ path: '/' }, templates, choose);
    return driverCeiling(source, this.world.profile.roundMs);
  }

  private readonly report = (row: Row): void => {
    this.rows.push(row);
    this.print(rowText(row));
  };

  private add(...figures: readonly Figure[]): void {
    this.figures.push(...figures);
    for (const figure of figures) this.print(figureText(figure));
  }

  private seconds(): number {
    return Math.round((performance.now() - this.startedMs) / 1_000);
  }
}
