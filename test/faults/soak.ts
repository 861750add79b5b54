import { setTimeout as sleep } from 'node:timers/promises';
import { preloading, WORKER_KILLER } from '../support/preloads.js';
import { hungRequests, wrongAnswers } from './answer-verdicts.js';
import { network, type Disturbance } from './disturbance.js';
import { figuresByGroup, figuresOf, sentIn, slopeOf } from './load-figures.js';
import type { LoadRecord } from './load-record.js';
import { monotonicMs } from './monotonic.js';
import type { Observation } from './observation.js';
import { freezes, workerKills } from './process-disturbances.js';
import { breakerMoves, gaugesOf, keptMbOf, movesBetween, type ProcessGauges } from './process-gauges.js';
import { tellHung } from './run-scenario.js';
import { CRITERIA } from './scenario.js';
import { Stage } from './stage.js';
import { slowRestart, storeOutage } from './store-disturbances.js';

const SAMPLE_MS = 5_000;
const CALM_MS = { least: 2_000, spread: 6_000 };
const FAULT_MS = { least: 1_000, spread: 5_000 };
/** Longer than idle connections to ChromaDB are kept. */
const CALM_AT_THE_END_MS = 35_000;
/** Full within a few minutes: what grows then is not what is kept. */
const ANSWER_CACHE_MB = '2';
/** Resident memory goes up and down with what was last collected: a line through it is no finer. */
const MOST_GROWTH_MB_PER_HOUR = 60;
const MS_PER_HOUR = 3_600_000;
const TOLD = 3;

const DISTURBANCES: readonly (() => Disturbance)[] = [
  () => network({ kind: 'latency', latencyMs: 200, jitterMs: 2_500 }),
  () => network({ kind: 'bandwidth', bytesPerSecond: 1_000 }),
  () => network({ kind: 'reset-request' }, 0.5),
  () => network({ kind: 'reset-unanswered' }, 0.5),
  () => network({ kind: 'reset-midway' }, 0.5),
  () => network({ kind: 'truncated' }, 0.5),
  () => network({ kind: 'garbage' }, 0.5),
  () => network({ kind: 'stall' }, 0.5),
  () => network({ kind: 'black-hole' }),
  () => network({ kind: 'refusing' }),
  () => freezes(400, 400),
  workerKills,
  storeOutage,
  slowRestart,
];

interface Sample extends ProcessGauges {
  /** Of its resident memory: what Tidegate keeps on purpose. */
  readonly keptMb: number;
  readonly atMs: number;
}

/** Mixed load for long, with faults drawn by the seed one after the other, and calm in between. */
export async function runSoak(
  lastsMs: number,
  load: { readonly seed: number; readonly requestsPerSecond: number },
): Promise<Observation> {
  const settings = { ...preloading(WORKER_KILLER), TIDEGATE_ANSWER_CACHE_MB: ANSWER_CACHE_MB };
  const stage = await Stage.open({ ...load, settings });
  const startedMs = monotonicMs();
  const samples: Sample[] = [];
  const sampling = setInterval(() => {
    Promise.all([gaugesOf(stage.tidegate.pid), keptMbOf(stage.url)]).then(
      ([gauges, keptMb]) => samples.push({ ...gauges, keptMb, atMs: monotonicMs() }),
      () => undefined,
    );
  }, SAMPLE_MS);
  try {
    const moves = await breakerMoves(stage.url);
    const calm = await gaugesAfter(stage, CALM_MS.least);
    const faults = await disturb(stage, startedMs + lastsMs - CALM_AT_THE_END_MS);
    const after = await gaugesAfter(stage, CALM_AT_THE_END_MS);
    const breakers = movesBetween(moves, await breakerMoves(stage.url));
    clearInterval(sampling);
    await stage.load?.stop();
    const exitCode = await stage.stopTidegate();
    const seconds = Math.round((monotonicMs() - startedMs) / 1_000);
    const run = { seed: load.seed, seconds, startedMs, breakers, faults };
    return observe(stage, run, samples, { calm, after }, exitCode);
  } finally {
    clearInterval(sampling);
    await stage.close();
  }
}

async function gaugesAfter(stage: Stage, waitMs: number): Promise<ProcessGauges> {
  await sleep(waitMs);
  return gaugesOf(stage.tidegate.pid);
}

/** @returns how many faults there were */
async function disturb(stage: Stage, untilMs: number): Promise<number> {
  const { random } = stage;
  let faults = 0;
  while (monotonicMs() < untilMs) {
    const disturbance = random.pick(DISTURBANCES)();
    const [faultMs, calmMs] = [FAULT_MS, CALM_MS].map(({ least, spread }) => least + random.below(spread));
    await disturbance.begin(stage);
    await sleep(faultMs);
    await disturbance.end(stage);
    faults++;
    await sleep(calmMs);
  }
  return faults;
}

function observe(
  stage: Stage,
  run: Pick<Observation, 'seed' | 'seconds' | 'breakers'> & {
    readonly startedMs: number;
    readonly faults: number;
  },
  samples: readonly Sample[],
  { calm, after }: { readonly calm: ProcessGauges; readonly after: ProcessGauges },
  exitCode: number | null,
): Observation {
  const { seed, seconds, breakers, startedMs, faults } = run;
  const records = stage.load?.records ?? [];
  const middleMs = startedMs + (seconds * 1_000) / 2;
  const endMs = startedMs + seconds * 1_000;
  const half = samples.filter(({ atMs }) => atMs > middleMs);
  // Kept answers fill their bound first: that is no leak.
  const mbPerHour = slopeOf(
    half.map(({ atMs, rssMb, keptMb }) => ({ x: atMs / MS_PER_HOUR, y: rssMb - keptMb })),
  );
  const handlesPerHour = slopeOf(half.map(({ atMs, handles }) => ({ x: atMs / MS_PER_HOUR, y: handles })));
  const phase = (fromMs: number, toMs: number) => phaseOf(sentIn(records, { fromMs, toMs }));
  const hung = hungRequests(records, stage.circumstances(CRITERIA.graceMs));
  const wrong = wrongAnswers(records, stage.circumstances(CRITERIA.graceMs));
  const figures = {
    faults,
    mbPerHour: Math.round(mbPerHour),
    handlesPerHour: Math.round(handlesPerHour),
    mostHandles: Math.max(...samples.map(({ handles }) => handles)),
    mostRssMb: Math.max(...samples.map(({ rssMb }) => rssMb)),
    mostKeptMb: Math.round(Math.max(...samples.map(({ keptMb }) => keptMb))),
  };
  const tell = (all: readonly string[]) => [...new Set(all)].slice(0, TOLD).join('; ');
  const failures = [
    ...stage.complaints(),
    ...(hung.length > 0 ? [`${hung.length} hung: ${tell(hung.map(tellHung))}`] : []),
    ...(wrong.length > 0 ? [`${wrong.length} wrong: ${tell(wrong)}`] : []),
    ...(mbPerHour > MOST_GROWTH_MB_PER_HOUR
      ? [`memory beside what is kept grows by ${figures.mbPerHour} MB an hour`]
      : []),
    ...(after.handles > calm.handles + CRITERIA.leftHandles ? ['handles did not go back'] : []),
    ...(exitCode === 0 ? [] : [`exit code ${String(exitCode)} at the end`]),
  ];
  return {
    ...{ name: 'soak', seed, seconds, breakers, figures, failures, recoveryMs: null },
    skipped: stage.load?.skipped ?? 0,
    all: figuresOf(records),
    hung: hung.length,
    wrong: wrong.length,
    phases: {
      before: phase(startedMs, startedMs + CALM_MS.least),
      during: phase(startedMs + CALM_MS.least, endMs - CALM_AT_THE_END_MS),
      after: phase(endMs - CALM_AT_THE_END_MS / 2, endMs),
    },
    rssMb: { before: calm.rssMb, after: after.rssMb },
    handles: { before: calm.handles, after: after.handles },
  };
}

function phaseOf(records: readonly LoadRecord[]) {
  return { all: figuresOf(records), groups: figuresByGroup(records) };
}
