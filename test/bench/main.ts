import { parseArguments, type BenchArguments } from './arguments.js';
import { BenchRun, SCENARIO_NAMES } from './bench-run.js';
import { BenchWorld } from './bench-world.js';
import { readCommitted, writeCommitted } from './committed-results.js';
import { faultsOf, guardedRatio, missingRows, regressedRows, TOLERANCE } from './regression.js';
import type { BenchResults, Row } from './results.js';
import { boundText, judgeTargets } from './targets.js';

/** A row that seems to have regressed is measured again, so many times as long. */
const SECOND_LOOK = 3;

/** The program of `npm run bench`. */
async function main(args: readonly string[]): Promise<number> {
  const given = parseArguments(args, SCENARIO_NAMES);
  print(`profile ${given.profile.name}, seed ${given.seed}\n`);
  const world = await BenchWorld.start(given.profile, given.seed);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void world.stop().finally(() => process.exit(1)));
  }
  try {
    const run = new BenchRun(world, given.check ? () => undefined : print);
    const results = await run.results(given.scenario);
    const faults = results.rows.flatMap(faultsOf);
    const regressions = given.check ? await findRegressions(world, run, results) : [];
    if (!given.check) publish(given, results, faults);
    for (const fault of [...faults, ...regressions]) print(`${fault}\n`);
    print(`${results.rows.length} rows in ${results.seconds} s\n`);
    return faults.length + regressions.length === 0 ? 0 : 1;
  } finally {
    await world.stop();
  }
}

/** Targets are told, met or missed; results with wrong answers are never written. */
function publish({ scenario }: BenchArguments, results: BenchResults, faults: readonly string[]): void {
  for (const outcome of judgeTargets(results)) {
    const { title, figure, verdict } = outcome;
    print(`${verdict.padEnd(14)}${title}: ${figure ?? '-'}, ${boundText(outcome)}\n`);
  }
  if (scenario !== undefined || faults.length > 0) return;
  for (const file of writeCommitted(results)) print(`wrote ${file}\n`);
}

async function findRegressions(
  world: BenchWorld,
  run: BenchRun,
  { profile, rows }: BenchResults,
): Promise<readonly string[]> {
  const committed = readCommitted(profile).rows;
  const missing = missingRows(committed, rows).map(
    ({ scenario, clients }) => `${scenario}, ${clients} clients: committed, but not measured any more`,
  );
  const suspects = regressedRows(committed, rows);
  if (suspects.length === 0) return missing;
  world.rounds *= SECOND_LOOK;
  const again = await run.again(new Set(suspects.map(({ scenario }) => scenario)));
  return [
    ...missing,
    ...again.flatMap(faultsOf),
    ...regressedRows(committed, again).map((row) => regression(committed, row)),
  ];
}

function regression(committed: readonly Row[], row: Row): string {
  const before = committed.find(
    ({ scenario, clients }) => scenario === row.scenario && clients === row.clients,
  );
  const { measure, ratio } = guardedRatio(row);
  const was = before === undefined ? NaN : guardedRatio(before).ratio;
  const where = `${row.scenario}, ${row.clients} clients`;
  return `${where}: ${measure} ratio ${ratio}, committed ${was}; over ${TOLERANCE} times worse`;
}

function print(text: string): void {
  process.stdout.write(text);
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
