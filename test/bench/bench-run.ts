import type { BenchWorld } from './bench-world.js';
import { loadCollection, warmMirror } from './collections.js';
import { Dataset, DIMENSION } from './dataset.js';
import { driverCeiling } from './driver-ceiling.js';
import { ExactSearch } from './exact-search.js';
import { growthFigures } from './growth.js';
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
import { duringWarmUpRow } from './warm-up-row.js';
import { ingestRows, mixRows } from './write-rows.js';
import { INGEST_SCENARIOS, MIX_SCENARIOS } from './write-scenarios.js';

/** Scenarios that are not of one table: what each measures is in the file that has its name. */
const OTHERS = ['during-warm-up', 'memory', 'growth', 'starts'];

export const SCENARIO_NAMES: readonly string[] = [
  ...[...READ_SCENARIOS, ...INGEST_SCENARIOS, ...MIX_SCENARIOS].map(({ name }) => name),
  ...OTHERS,
];

/** One run of the benchmark, from loading to its results. */
export class BenchRun {
  private readonly rows: Row[] = [];
  private readonly figures: Figure[] = [];
  private readonly startedMs = performance.now();
  private readonly material: ReadMaterial;

  constructor(
    private readonly world: BenchWorld,
    private readonly scenario: string | undefined,
    private readonly print: (text: string) => void,
  ) {
    const { profile, seed } = world;
    const dataset = new Dataset(seed, profile.records);
    const pool = queryPool(seed, profile.queries);
    this.material = { dataset, pool, exact: new ExactSearch(dataset), checks: profile.checks };
  }

  async results(): Promise<BenchResults> {
    const { world, material } = this;
    const ceiling = await this.measureCeiling();
    this.print(`the driver makes ${ceiling} requests/s of a server that does nothing\n`);
    const collection = await loadCollection(world.chroma, 'bench', material.dataset);
    this.print(`loaded ${material.dataset.count} records at ${this.seconds()} s\n`);
    const coldBytes = residentBytes(world.tidegate.pid);
    await warmMirror(world.tidegate, collection);
    this.print(`the mirror is warm at ${this.seconds()} s\n`);
    if (this.runs('memory'))
      this.add(...(await memoryFigures(world, collection, material.dataset, coldBytes)));
    await this.measureReads(collection);
    await this.measureWrites();
    if (this.runs('growth')) this.add(...(await growthFigures(world, collection, material)));
    if (this.runs('during-warm-up')) await duringWarmUpRow(world, collection, material, this.report);
    if (this.runs('starts')) this.add(...(await startFigures(world, collection, material)));
    return {
      profile: world.profile.name,
      seed: world.seed,
      measuredAt: new Date().toISOString(),
      records: material.dataset.count,
      dimension: DIMENSION,
      seconds: this.seconds(),
      machine: thisMachine(),
      driverCeiling: ceiling,
      rows: this.rows,
      figures: this.figures,
    };
  }

  private async measureReads(collection: string): Promise<void> {
    for (const scenario of READ_SCENARIOS.filter(({ name }) => this.runs(name))) {
      await readRows(this.world, collection, scenario, this.material, this.report);
    }
  }

  private async measureWrites(): Promise<void> {
    const ingests = INGEST_SCENARIOS.filter(({ name }) => this.runs(name));
    const mixes = MIX_SCENARIOS.filter(({ name }) => this.runs(name));
    if (ingests.length + mixes.length === 0) return;
    const twins = await Twins.create(this.world);
    for (const scenario of ingests) await ingestRows(twins, scenario, this.report);
    const reads = plainPlan(this.material);
    for (const scenario of mixes) await mixRows(twins, scenario, reads, this.report);
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

  /** Whether the caller asked for it, and the profile has it. */
  private runs(name: string): boolean {
    if (this.scenario !== undefined) return this.scenario === name;
    const { only } = this.world.profile;
    return only === undefined || only.has(name);
  }

  private seconds(): number {
    return Math.round((performance.now() - this.startedMs) / 1_000);
  }
}
