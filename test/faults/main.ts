import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../support/seeded-random.js';
import type { Observation } from './observation.js';
import { tableOf } from './observation-table.js';
import { runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import { OUTAGE, SCENARIOS } from './scenarios.js';
import { runSoak } from './soak.js';

/** `npm run verify:faults -- NAME…`: scenarios by name, `scenarios` for all of them, `outage`, `soak`. */
const LOAD = {
  seed: seededRandom('faults').seed,
  requestsPerSecond: Number(process.env['TEST_FAULT_RATE'] ?? 80),
};
const TIMES = {
  beforeMs: 5_000,
  faultMs: Number(process.env['TEST_FAULT_SECONDS'] ?? 10) * 1_000,
  afterMs: 2_000,
};
const OUTAGE_MS = Number(process.env['TEST_OUTAGE_SECONDS'] ?? 600) * 1_000;
const SOAK_MS = Number(process.env['TEST_SOAK_SECONDS'] ?? 1_200) * 1_000;
const FIGURES_FILE =
  process.env['TEST_PROOFS_FILE'] ?? join(tmpdir(), `tidegate-faults-${process.pid}.jsonl`);

type Run = () => Promise<Observation>;

const scenarioRuns = SCENARIOS.map((scenario): [string, Run] => [scenario.name, () => run(scenario)]);
const outage: Run = () => runScenario(OUTAGE, { ...TIMES, faultMs: OUTAGE_MS }, LOAD);
const soak: Run = () => runSoak(SOAK_MS, LOAD);
const groups = new Map<string, readonly (readonly [string, Run])[]>([
  ['scenarios', scenarioRuns],
  ['outage', [['outage', outage]]],
  ['soak', [['soak', soak]]],
  ...scenarioRuns.map((each): [string, [[string, Run]]] => [each[0], [each]]),
]);

function run(scenario: Scenario): Promise<Observation> {
  return runScenario(scenario, TIMES, LOAD);
}

async function observeAll(names: readonly string[]): Promise<boolean> {
  const unknown = names.filter((name) => !groups.has(name));
  if (unknown.length > 0)
    throw new Error(`${unknown.join(', ')}: choose of ${[...groups.keys()].join(', ')}`);
  let passed = true;
  for (const name of names) {
    const observations: Observation[] = [];
    for (const [each, observe] of groups.get(name) ?? []) {
      process.stdout.write(`${each} …\n`);
      const observation = await observe();
      appendFileSync(FIGURES_FILE, `${JSON.stringify(observation)}\n`);
      observations.push(observation);
      for (const failure of observation.failures) process.stdout.write(`  ${failure}\n`);
    }
    process.stdout.write(tableOf(observations));
    passed &&= observations.every(({ failures }) => failures.length === 0);
  }
  process.stdout.write(`figures: ${FIGURES_FILE}\n`);
  return passed;
}

const given = process.argv.slice(2);
process.exitCode = (await observeAll(given.length > 0 ? given : ['scenarios', 'outage', 'soak'])) ? 0 : 1;
