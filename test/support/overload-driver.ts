import { isGood, OpenLoop, type LoadCall, type LoadFigures } from './open-loop.js';

/** Each rate of the search for the knee is this many times the one before. */
const STEP = 1.4;
const MAX_STEPS = 16;
/** Beyond the knee more is offered, and not more is answered. */
const GROWTH = 1.05;
/** Steps without growth in a row that end the search. */
const FLAT_STEPS = 2;
/** The load after the overload, as a part of the knee. */
const CALM = 0.5;
const OVERLOAD = 2;

export interface OverloadPlan {
  /** Requests a second of the first step. */
  readonly firstRate: number;
  readonly stepSeconds: number;
  readonly overloadSeconds: number;
  readonly calmSeconds: number;
}

export interface OverloadFigures {
  /** The lowest rate offered that is not below the peak of goodput: what is more cannot be answered. */
  readonly kneePerSecond: number;
  readonly peakPerSecond: number;
  readonly atKnee: LoadFigures;
  readonly overload: LoadFigures;
  /** Goodput at twice the knee, as a part of its peak. */
  readonly goodputShare: number;
  /**
   * From the fall of the load to the last request, sent after it, that was not answered well; 0: there is
   * none.
   */
  readonly recoveryMs: number;
}

/**
 * Finds the knee, the rate at which goodput stops growing; offers twice as much for a while, open-loop; then
 * half of it, and looks how long the overload is felt.
 */
export async function driveOverload(
  url: string,
  call: (turn: number) => LoadCall,
  plan: OverloadPlan,
): Promise<OverloadFigures> {
  const load = new OpenLoop(url, call);
  try {
    const steps = await climb(load, plan);
    const peakPerSecond = Math.max(...steps.map(({ goodPerSecond }) => goodPerSecond));
    // Not the step of the peak: goodput is flat beyond the knee, and chance says which step has most.
    const atKnee = steps.find(({ offeredPerSecond }) => offeredPerSecond >= peakPerSecond);
    if (atKnee === undefined) throw new Error('no load was offered');
    const kneePerSecond = atKnee.offeredPerSecond;
    const overload = await load.run(kneePerSecond * OVERLOAD, plan.overloadSeconds);
    const recoveryMs = await calmDown(load, kneePerSecond * CALM, plan.calmSeconds);
    const goodputShare = overload.goodPerSecond / peakPerSecond;
    return { kneePerSecond, peakPerSecond, atKnee, overload, goodputShare, recoveryMs };
  } finally {
    await load.close();
  }
}

async function climb(load: OpenLoop, plan: OverloadPlan): Promise<readonly LoadFigures[]> {
  const steps: LoadFigures[] = [];
  let peak = 0;
  let flat = 0;
  let rate = plan.firstRate;
  while (flat < FLAT_STEPS && steps.length < MAX_STEPS) {
    const figures = await load.run(rate, plan.stepSeconds);
    steps.push(figures);
    flat = figures.goodPerSecond > peak * GROWTH ? 0 : flat + 1;
    peak = Math.max(peak, figures.goodPerSecond);
    rate *= STEP;
  }
  return steps;
}

async function calmDown(load: OpenLoop, rate: number, seconds: number): Promise<number> {
  const fellMs = load.nowMs();
  await load.run(rate, seconds);
  const bad = load.results.filter((result) => result.sentMs >= fellMs && !isGood(result));
  return bad.reduce((last, { sentMs, tookMs }) => Math.max(last, sentMs + tookMs - fellMs), 0);
}
