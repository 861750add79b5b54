import { parseArguments } from './arguments.js';
import { BenchRun, SCENARIO_NAMES } from './bench-run.js';
import { BenchWorld } from './bench-world.js';

/** The program of `npm run bench`. */
async function main(args: readonly string[]): Promise<number> {
  const { profile, seed, scenario } = parseArguments(args, SCENARIO_NAMES);
  const world = await BenchWorld.start(profile, seed);
  try {
    const run = new BenchRun(world, scenario, (text) => void process.stdout.write(text));
    const results = await run.results();
    process.stdout.write(`took ${results.seconds} s\n`);
    return 0;
  } finally {
    await world.stop();
  }
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
