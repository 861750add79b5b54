import { setTimeout as sleep } from 'node:timers/promises';
import { hungRequests, wrongAnswers, type Circumstances } from './answer-verdicts.js';
import type { DisturbanceReport } from './disturbance.js';
import { errorShare, figuresByGroup, figuresOf, sentIn, underWayAt } from './load-figures.js';
import type { LoadRecord } from './load-record.js';
import { monotonicMs, type Span } from './monotonic.js';
import type { Observation, PhaseFigures } from './observation.js';
import {
  breakerMoves,
  gaugesOf,
  movesBetween,
  type BreakerMoves,
  type ProcessGauges,
} from './process-gauges.js';
import { normalAgainMs } from './recovery.js';
import { CRITERIA, type Criteria, type Scenario, type ScenarioTimes } from './scenario.js';
import { Stage } from './stage.js';

/** Code is compiled and caches fill before anything is measured. */
const WARM_UP_MS = 1_500;
const POLL_MS = 500;
/** Recovery shows this long after it began. */
const SHOWN_AFTER_MS = 5_000;
/** Idle connections to ChromaDB are closed within 30 s. */
const SETTLED_WITHIN_MS = 40_000;
const TOLD_WRONG = 3;
/** Errors that an undisturbed Tidegate may answer with, by share. */
const BEFORE_ERROR_SHARE = 0.002;

/** What was seen of Tidegate while one scenario ran. */
interface Course {
  readonly beforeMs: Span;
  readonly faultMs: Span;
  readonly normalMs: number | undefined;
  readonly endMs: number;
  readonly breakers: Readonly<Record<string, number>>;
  readonly gauges: { readonly before: ProcessGauges; readonly after: ProcessGauges };
  readonly report: DisturbanceReport;
}

export async function runScenario(
  scenario: Scenario,
  times: ScenarioTimes,
  load: { readonly seed: number; readonly requestsPerSecond: number },
): Promise<Observation> {
  const startedMs = monotonicMs();
  const criteria = { ...CRITERIA, ...scenario.criteria };
  const stage = await Stage.open({ ...load, settings: scenario.settings ?? {} });
  try {
    const course = await follow(stage, scenario, times, criteria);
    await stage.load?.stop();
    const exitCode = await stage.stopTidegate();
    const seconds = Math.round((monotonicMs() - startedMs) / 1_000);
    const circumstances = stage.circumstances(criteria.graceMs);
    const observed = { name: scenario.name, seed: load.seed, seconds };
    const observation = observe(stage, circumstances, course, observed);
    const failures = judge(observation, criteria, stage, course, exitCode);
    return { ...observation, failures };
  } finally {
    await stage.close();
  }
}

async function follow(
  stage: Stage,
  scenario: Scenario,
  times: ScenarioTimes,
  criteria: Criteria,
): Promise<Course> {
  const disturbance = scenario.disturbance();
  await sleep(WARM_UP_MS);
  const beganMs = monotonicMs();
  await sleep(times.beforeMs);
  const before = await gaugesOf(stage.tidegate.pid);
  const movesBefore = await breakerMoves(stage.url);
  const servedBy = stage.tidegate;
  const onMs = monotonicMs();
  await disturbance.begin(stage);
  const lastsMs = Math.max(times.faultMs, (scenario.leastSeconds ?? 0) * 1_000);
  await sleep(Math.max(0, onMs + lastsMs - monotonicMs()));
  await disturbance.end(stage);
  const offMs = monotonicMs();
  const beforeMs = { fromMs: beganMs, toMs: onMs };
  const normalMs = await awaitNormal(stage, beforeMs, offMs, criteria.recoveryMs);
  await sleep(times.afterMs);
  const report = (await disturbance.look?.(stage)) ?? { figures: {}, failures: [] };
  const after = await settle(stage, before, criteria);
  // A new process counts from the beginning.
  const known: BreakerMoves = servedBy === stage.tidegate ? movesBefore : new Map();
  const breakers = movesBetween(known, await breakerMoves(stage.url));
  const faultMs = { fromMs: onMs, toMs: offMs };
  return { beforeMs, faultMs, normalMs, endMs: monotonicMs(), breakers, gauges: { before, after }, report };
}

async function awaitNormal(
  stage: Stage,
  beforeMs: Span,
  offMs: number,
  limitMs: number,
): Promise<number | undefined> {
  const records = () => stage.load?.records ?? [];
  for (;;) {
    await sleep(POLL_MS);
    const nowMs = monotonicMs() - POLL_MS;
    const normalMs = normalAgainMs(records(), sentIn(records(), beforeMs), offMs, nowMs);
    if (normalMs !== undefined) return normalMs;
    if (nowMs > offMs + limitMs + SHOWN_AFTER_MS) return undefined;
  }
}

/** Memory and handles as they were; what they are after a while, where that does not come. */
async function settle(stage: Stage, before: ProcessGauges, criteria: Criteria): Promise<ProcessGauges> {
  const limitMs = monotonicMs() + SETTLED_WITHIN_MS;
  for (;;) {
    const now = await gaugesOf(stage.tidegate.pid);
    const isBack =
      now.rssMb <= before.rssMb + criteria.growthMb && now.handles <= before.handles + criteria.leftHandles;
    if (isBack || monotonicMs() > limitMs) return now;
    await sleep(POLL_MS);
  }
}

function observe(
  stage: Stage,
  circumstances: Circumstances,
  { beforeMs, faultMs, normalMs, endMs, breakers, gauges, report }: Course,
  run: Pick<Observation, 'name' | 'seed' | 'seconds'>,
): Observation {
  const records = stage.load?.records ?? [];
  const recoveredMs = normalMs ?? endMs;
  const met = underWayAt(records, faultMs.fromMs);
  const undisturbed = records.filter((record) => !met.includes(record));
  const { before, after } = gauges;
  return {
    ...run,
    skipped: stage.load?.skipped ?? 0,
    all: figuresOf(records),
    hung: hungRequests(records, circumstances).length,
    wrong: wrongAnswers(records, circumstances).length,
    phases: {
      before: phaseOf(sentIn(undisturbed, beforeMs)),
      during: phaseOf([...met, ...sentIn(records, { fromMs: faultMs.fromMs, toMs: recoveredMs })]),
      after: phaseOf(sentIn(records, { fromMs: recoveredMs, toMs: endMs })),
    },
    recoveryMs: normalMs === undefined ? null : Math.round(normalMs - faultMs.toMs),
    breakers,
    rssMb: { before: before.rssMb, after: after.rssMb },
    handles: { before: before.handles, after: after.handles },
    figures: report.figures,
    failures: [],
  };
}

function phaseOf(records: readonly LoadRecord[]): PhaseFigures {
  return { all: figuresOf(records), groups: figuresByGroup(records) };
}

/** What did not hold. */
function judge(
  { phases, recoveryMs, rssMb, handles, hung, wrong }: Observation,
  criteria: Criteria,
  stage: Stage,
  { report }: Course,
  exitCode: number | null,
): readonly string[] {
  const records = stage.load?.records ?? [];
  const circumstances = stage.circumstances(criteria.graceMs);
  const failures = [...stage.complaints(), ...report.failures];
  const fail = (holds: boolean, what: string) => {
    if (!holds) failures.push(what);
  };
  const examples = (all: readonly string[]) => [...new Set(all)].slice(0, TOLD_WRONG).join('; ');
  const mirrored = errorShare(phases.during.groups.mirrored);
  fail(hung === 0, `${hung} hung: ${examples(hungRequests(records, circumstances).map(tellHung))}`);
  fail(wrong === 0, `${wrong} wrong: ${examples(wrongAnswers(records, circumstances))}`);
  fail(errorShare(phases.before.all) <= BEFORE_ERROR_SHARE, 'errors before the fault');
  fail(mirrored <= criteria.mirroredErrorShare, `${(mirrored * 100).toFixed(2)} % of mirrored reads failed`);
  fail(recoveryMs !== null && recoveryMs <= criteria.recoveryMs, 'service did not become normal in time');
  fail(rssMb.after <= rssMb.before + criteria.growthMb, 'memory did not go back');
  fail(handles.after <= handles.before + criteria.leftHandles, 'handles did not go back');
  fail(exitCode === 0, `exit code ${String(exitCode)} at the end`);
  return failures;
}

export function tellHung({ group, tier, startMs, endMs, status, noAnswer }: LoadRecord): string {
  return `${group} ${noAnswer ?? status} ${tier} after ${Math.round(endMs - startMs)} ms`;
}
