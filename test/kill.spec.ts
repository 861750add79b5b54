import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALL } from './model/expected-answers.js';
import { MirrorControl } from './model/mirror-control.js';
import { RunningTidegate } from './model/running-tidegate.js';
import { commonReads, writes } from './model/steps.js';
import { Tally } from './model/tally.js';
import { TrackedCollection } from './model/tracked-collection.js';
import { ProofLog } from './support/proof-log.js';
import { seededRandom } from './support/seeded-random.js';
import { startTidegate, type TidegateProcess } from './support/tidegate-process.js';

/** TEST_KILLS=200 makes the long run. */
const KILLS = Number(process.env['TEST_KILLS'] ?? 8);
const COLLECTIONS = 3;
const WRITERS = 2;
/** A kill comes within this time of the beginning of all that it interrupts. */
const KILLED_WITHIN_MS = 150;
/** In one of so many rounds a write is on its way to ChromaDB until after the restart. */
const ROUNDS_PER_LATE_WRITE = 4;
const TEST_LIMIT_MS = 60_000 + KILLS * 15_000;

const random = seededRandom('kill');
const proof = new ProofLog('kill -9 amid writes, warm-ups, snapshots', 'kills', random.seed);
const tally = new Tally();
let lender: TidegateProcess;
let tidegate: RunningTidegate;
let control: MirrorControl;
let collections: readonly TrackedCollection[];

beforeAll(async () => {
  lender = await startTidegate();
  tidegate = await RunningTidegate.start(lender.chromaUrl, () => undefined);
  control = new MirrorControl(tidegate, tally);
  collections = await Promise.all(
    Array.from({ length: COLLECTIONS }, (_, number) =>
      TrackedCollection.create(tidegate, tally, `killed-${number}`, 'l2'),
    ),
  );
});

afterAll(async () => {
  proof.report();
  process.stdout.write(`kill: ${tidegate.kills} kills, ${String(tally)}\n`);
  await tidegate.stop();
  await lender.stop();
});

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): readonly T[] {
  return fc.sample(arbitrary, { seed: random.below(2 ** 31), numRuns: count });
}

/** Does one after the other until Tidegate is about to be killed. */
async function goOn<T>(list: readonly T[], isOver: () => boolean, act: (each: T) => Promise<unknown>) {
  for (const each of list) {
    if (isOver()) return;
    await act(each);
  }
}

/** Kills it amid writes, reads that make mirrors warm up, a mirror that is dropped, and a snapshot. */
async function interrupt(): Promise<void> {
  let over = false;
  const isOver = () => over;
  const [dropped, snapped, late] = [
    random.pick(collections),
    random.pick(collections),
    random.pick(collections),
  ];
  const works: Promise<unknown>[] = collections.flatMap((collection) => [
    ...Array.from({ length: WRITERS }, () =>
      goOn(sample(writes, 50), isOver, (write) => collection.write(write)),
    ),
    goOn(sample(commonReads, 100), isOver, (read) => collection.read(read)),
  ]);
  works.push(control.operate(dropped, 'drop'));
  works.push(control.operate(snapped, 'snapshot'));
  if (random.below(ROUNDS_PER_LATE_WRITE) === 0)
    for (const write of sample(writes, 1)) works.push(late.write(write, 'late-request'));
  await sleep(random.below(KILLED_WITHIN_MS));
  over = true;
  await Promise.all([tidegate.kill(), ...works]);
}

/** A mirror needs a record. */
async function refill(collection: TrackedCollection): Promise<void> {
  const vector = [1, 0, 0, 0];
  await collection.write({ call: 'upsert', rows: [{ id: 'r0', vector, document: 'tide' }] });
}

/**
 * ChromaDB has all that was acknowledged and, of what was not, each write whole or not at all; and so has the
 * mirror.
 */
async function compare(collection: TrackedCollection): Promise<void> {
  await collection.look();
  if (collection.possible.isEmpty) await refill(collection);
  await collection.look();
  expect(await control.awaitMirror(collection)).toBe(true);
  for (const read of [ALL, { kind: 'count' } as const, ...sample(commonReads, 3)]) {
    expect(await collection.read(read)).toMatch(/^(mirror|answer-cache)$/);
    expect(await collection.read(read, true)).toBe('chroma');
  }
}

describe('kill -9 amid writes, warm-ups and snapshots', () => {
  it(
    'loses nothing that was acknowledged, and mirrors equal ChromaDB again',
    async () => {
      while (tidegate.kills < KILLS) {
        await proof.run(async () => {
          await interrupt();
          // Else it is killed again while its mirrors warm up.
          if (tidegate.kills === KILLS || random.below(3) > 0) await Promise.all(collections.map(compare));
        });
      }
      expect(tally.of('changes in doubt')).toBeGreaterThan(KILLS);
    },
    TEST_LIMIT_MS,
  );
});
