import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunningTidegate } from './model/running-tidegate.js';
import { reducedSteps } from './model/reduced-steps.js';
import { stepArbitrary, type Step } from './model/steps.js';
import { Story } from './model/story.js';
import { Tally } from './model/tally.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';
import type { Fault } from './support/faulty-network.js';

/** TEST_MODEL_SEQUENCES=500 makes the long run. */
const SEQUENCES = Number(process.env['TEST_MODEL_SEQUENCES'] ?? 25);
const STEPS = 60;
/** Sequences at a time, each with collections of its own, beside one ChromaDB. */
const LANES = 6;
/** As many of them have a Tidegate that is killed now and then, the others one that is not. */
const KILLING_LANES = 1;
const REDUCING_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 120_000 + SEQUENCES * 10_000;
/** Of Tidegate's own calls to ChromaDB, one in so many fails; what makes it wait long is planned only. */
const CALLS_PER_FAULT = 150;
const SHORT_FAULTS: readonly Fault[] = ['reset-before', 'reset-after', 'error-instead', 'error-after'];

const random = seededRandom('model');
const proof = new ProofLog('model', `sequences of ${STEPS} steps or more`, random.seed);
const tally = new Tally();
let lender: TidegateProcess;
/** The first one is killed now and then. */
let tidegates: readonly RunningTidegate[];
let failed = false;

beforeAll(async () => {
  const chances = random.fork();
  const chance = () => (chances.below(CALLS_PER_FAULT) === 0 ? chances.pick(SHORT_FAULTS) : undefined);
  lender = await startTidegate();
  const start = () => RunningTidegate.start(lender.chromaUrl, chance);
  tidegates = await Promise.all([start(), start()]);
});

afterAll(async () => {
  proof.report();
  process.stdout.write(`model: ${String(tally)}\n`);
  await Promise.all(tidegates.map((tidegate) => tidegate.stop()));
  await lender.stop();
});

/** A step as one of fast-check's commands. It is only begun, and goes on beside the next ones. */
class Command implements fc.AsyncCommand<Story, RunningTidegate> {
  constructor(private readonly step: Step) {}

  check(story: Readonly<Story>): boolean {
    return story.allows(this.step);
  }

  run(story: Story): Promise<void> {
    return story.take(this.step);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

async function play(tidegate: RunningTidegate, commands: readonly Command[]): Promise<void> {
  const story = new Story(tidegate, tally);
  await story.begin();
  await fc.asyncModelRun(() => ({ model: story, real: tidegate }), commands);
  await story.end();
}

/** Plays sequences one after the other, until one fails in any lane. */
async function lane(seed: number, sequences: number, withKills: boolean): Promise<void> {
  const tidegate = tidegates[withKills ? 0 : 1];
  if (tidegate === undefined) throw new Error('no Tidegate');
  const commands = fc.array(
    stepArbitrary(withKills).map((step) => new Command(step)),
    { minLength: STEPS, maxLength: STEPS + 20 },
  );
  const property = fc.asyncProperty(commands, async (each) => {
    if (failed) return;
    tally.count('sequences');
    await proof.run(() => play(tidegate, each));
  });
  const details = await fc.check(property, { seed, numRuns: sequences, endOnFailure: true });
  if (!details.failed) return;
  failed = true;
  const told = [`sequence ${tally.of('sequences')}: ${String(details.errorInstance)}`];
  const again = (fewer: readonly Command[]) => play(tidegate, fewer);
  const { steps, error } = await reducedSteps(details.counterexample?.[0] ?? [], again, REDUCING_LIMIT_MS);
  if (error) told.push(`with ${steps.length} steps:`, ...steps.map(String), String(error));
  throw new Error(told.join('\n'));
}

describe('Tidegate beside a model of ChromaDB', () => {
  it(
    'answers as ChromaDB could have, whatever is written, asked, broken and killed meanwhile',
    async () => {
      const lanes = Array.from({ length: LANES }, (_, number) =>
        lane(random.below(2 ** 31), Math.ceil((SEQUENCES - number) / LANES), number < KILLING_LANES),
      );
      await Promise.all(lanes);
    },
    TEST_LIMIT_MS,
  );

  it('was answered by mirrors and kept answers for a good part', () => {
    const hot = tally.of('answers of mirror') + tally.of('answers of answer-cache');
    expect(hot).toBeGreaterThan(tally.of('answers of chroma') / 4);
    expect(tally.of('answers of answer-cache')).toBeGreaterThan(0);
  });
});
