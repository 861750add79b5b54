import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RunningTidegate } from './model/running-tidegate.js';
import { reducedSteps } from './model/reduced-steps.js';
import { stepArbitrary, type Step } from './model/steps.js';
import { Story } from './model/story.js';
import { Tally } from './model/tally.js';
import { reportProof } from './support/proof-report.js';
import { seededRandom } from './support/seeded-random.js';
import type { Fault } from './support/faulty-network.js';

/** TEST_MODEL_SEQUENCES=500 makes the long run. */
const SEQUENCES = Number(process.env['TEST_MODEL_SEQUENCES'] ?? 25);
const STEPS = 60;
/** Sequences at a time, each with collections of its own, beside one ChromaDB and one Tidegate. */
const LANES = 6;
/** Some lanes kill Tidegate now and then, for all. */
const KILLING_LANES = 1;
const REDUCING_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 120_000 + SEQUENCES * 10_000;
/** Of Tidegate's own calls to ChromaDB, one in so many fails; what makes it wait long is planned only. */
const CALLS_PER_FAULT = 60;
const SHORT_FAULTS: readonly Fault[] = ['reset-before', 'reset-after', 'error-instead', 'error-after'];

const random = seededRandom('model');
const tally = new Tally();
let tidegate: RunningTidegate;

beforeAll(async () => {
  const chances = random.fork();
  tidegate = await RunningTidegate.start(() =>
    chances.below(CALLS_PER_FAULT) === 0 ? chances.pick(SHORT_FAULTS) : undefined,
  );
});

afterAll(() => tidegate.stop());

/** One step of a caller, as fast-check runs commands: it is begun, and goes on beside the next ones. */
class Command implements fc.AsyncCommand<Record<string, never>, Story> {
  constructor(readonly step: Step) {}

  check(): boolean {
    return true;
  }

  async run(_: Record<string, never>, story: Story): Promise<void> {
    if (story.allows(this.step)) await story.take(this.step);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

async function play(commands: readonly Command[]): Promise<void> {
  const story = new Story(tidegate, tally);
  await story.begin();
  await fc.asyncModelRun(() => ({ model: {}, real: story }), commands);
  await story.end();
  tally.count('sequences');
}

/** Plays sequences one after the other; a failure is told with as few of its steps as still fail in time. */
async function lane(seed: number, sequences: number, withKills: boolean): Promise<void> {
  const commands = fc.array(
    stepArbitrary(withKills).map((step) => new Command(step)),
    { minLength: STEPS, maxLength: STEPS + 20 },
  );
  const parameters = { seed, numRuns: sequences, endOnFailure: true };
  const { failed, counterexample, errorInstance } = await fc.check(
    fc.asyncProperty(commands, play),
    parameters,
  );
  if (!failed) return;
  const { steps, error } = await reducedSteps(counterexample?.[0] ?? [], play, REDUCING_LIMIT_MS);
  const whole = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  const reduced =
    error === undefined ? '' : `\n\nwith ${steps.length} steps:\n${steps.join('\n')}\n${error.message}`;
  throw new Error(`${whole}${reduced}`);
}

describe('Tidegate beside a model of ChromaDB', () => {
  it(
    'answers as ChromaDB could have, whatever is written, asked, broken and killed meanwhile',
    async () => {
      const startedMs = performance.now();
      const lanes = Array.from({ length: LANES }, (_, number) =>
        lane(random.below(2 ** 31), Math.ceil((SEQUENCES - number) / LANES), number < KILLING_LANES),
      );
      const ended = await Promise.allSettled(lanes);
      const failures = ended.filter((each) => each.status === 'rejected');
      reportProof({
        proof: 'model',
        amount: `${tally.of('sequences')} sequences, ${tally.of('steps')} steps`,
        failures: failures.length,
        seed: random.seed,
        startedMs,
      });
      process.stdout.write(`model: ${String(tally)}; kills: ${tidegate.kills}\n`);
      for (const { reason } of failures) throw reason;
    },
    TEST_LIMIT_MS,
  );

  it('was answered by mirrors and kept answers for a good part', () => {
    const hot = tally.of('answers of mirror') + tally.of('answers of answer-cache');
    expect(hot).toBeGreaterThan(tally.of('answers of chroma') / 4);
    expect(tally.of('answers of answer-cache')).toBeGreaterThan(0);
  });
});
