import { type RunningTidegate, startTidegate } from '../bootstrap.js';
import { readConfig } from '../config.js';
import { quickstartEnvironment } from './quickstart-config.js';
import { findFaults } from './report.js';
import { runTour } from './tour.js';

/** The program of `npm run quickstart`; with --exit it ends after the tour, its verdict the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.filter((argument) => argument !== '--exit');
  if (unknown.length > 0) throw new Error(`${unknown.join(' ')} is not an option; --exit is the only one`);
  const endsByItself = args.includes('--exit');
  const interrupted = untilInterrupted();
  const environment = await quickstartEnvironment(process.env, endsByItself);
  try {
    print('Starting Tidegate ...');
    const tidegate = await startTidegate(readConfig(environment.variables));
    try {
      print(`Tidegate is at ${tidegate.url}, in front of ChromaDB at ${tidegate.chromaUrl}.`);
      return await tourThenServe(tidegate, endsByItself, interrupted);
    } finally {
      await tidegate.stop();
    }
  } finally {
    await environment.clearAway();
  }
}

async function tourThenServe(
  tidegate: RunningTidegate,
  endsByItself: boolean,
  interrupted: Promise<'interrupted'>,
): Promise<number> {
  const outcome = await Promise.race([runTour(tidegate, process.stdout), interrupted]);
  if (outcome === 'interrupted') {
    print('\nInterrupted before the end of the tour; stopping.');
    return 1;
  }
  if (endsByItself) return judge(findFaults(outcome));
  print(describeServing(tidegate.url));
  await interrupted;
  print('\nStopping.');
  return 0;
}

function judge(faults: readonly string[]): number {
  if (faults.length === 0) {
    print('The mirror and ChromaDB both answered, and every nearest text agrees with ChromaDB.');
    return 0;
  }
  for (const fault of faults) print(fault);
  return 1;
}

function describeServing(url: string): string {
  return [
    'Tidegate keeps serving:',
    `  API      ${url}/api/v2`,
    `  health   ${url}/health/ready`,
    `  metrics  ${url}/metrics`,
    `  docs     ${url}/docs`,
    'Ctrl+C stops it.',
  ].join('\n');
}

/** The handlers stay: npm may pass a Ctrl+C on a second time, which must not cut the stopping short. */
function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        resolve('interrupted');
      });
    }
  });
}

/** A failed fetch says only that it failed; its cause says why. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${explain(error.cause)}` : error.message;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`\nThe quickstart failed: ${explain(error)}\n`);
  process.exit(1);
}
