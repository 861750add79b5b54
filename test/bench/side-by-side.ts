import type { LoadDriver, RequestSource, RoundLength, RoundOutcome } from './load-driver.js';
import { cpuSeconds } from './process-usage.js';
import type { Row, SideResult } from './results.js';
import { planRounds, type Side } from './round-plan.js';
import { latenciesOf, median, rounded } from './statistics.js';

/** What one side is asked, and which processes work for the answers. */
export interface SideUnderTest {
  readonly driver: LoadDriver;
  readonly source: RequestSource;
  readonly pids: readonly number[];
}

export interface Comparison {
  readonly sides: Readonly<Record<Side, SideUnderTest>>;
  readonly rounds: number;
  readonly length: RoundLength;
  /** The number of the first request that was never made before. */
  readonly first: number;
}

export interface MeasuredRounds {
  readonly row: Pick<Row, 'tidegate' | 'chroma' | 'ratios' | 'tiers'>;
  /** The number of the next request that was never made. */
  readonly next: number;
}

interface Measured {
  readonly outcomes: RoundOutcome[];
  cpuSeconds: number;
}

/** Runs the rounds. In each, both get the same requests in the same order; the faster one gets further. */
export async function measureSideBySide(comparison: Comparison): Promise<MeasuredRounds> {
  const { sides, length } = comparison;
  let next = await warmIn(comparison);
  const measured: Record<Side, Measured> = {
    tidegate: { outcomes: [], cpuSeconds: 0 },
    chroma: { outcomes: [], cpuSeconds: 0 },
  };
  for (const order of planRounds(comparison.rounds)) {
    let made = 0;
    for (const side of order) {
      const { driver, source, pids } = sides[side];
      const before = cpuOf(pids);
      const outcome = await driver.run(source, next, length);
      measured[side].cpuSeconds += cpuOf(pids) - before;
      measured[side].outcomes.push(outcome);
      made = Math.max(made, outcome.requests);
    }
    next += made;
  }
  return { next, row: rowOf(measured) };
}

/** Connections open, and code and caches of the processor are warm, before anything counts. */
async function warmIn({ sides, length, first }: Comparison): Promise<number> {
  const short = 'durationMs' in length ? { durationMs: length.durationMs / 4 } : length;
  const tidegate = await sides.tidegate.driver.run(sides.tidegate.source, first, short);
  const chroma = await sides.chroma.driver.run(sides.chroma.source, first, short);
  return first + Math.max(tidegate.requests, chroma.requests);
}

function rowOf(measured: Readonly<Record<Side, Measured>>): MeasuredRounds['row'] {
  const { tidegate, chroma } = measured;
  const ratioOf = (figure: (outcome: RoundOutcome) => number) =>
    rounded(
      median(
        tidegate.outcomes.map((outcome, round) => {
          const other = chroma.outcomes[round];
          return other === undefined ? NaN : figure(outcome) / figure(other);
        }),
      ),
    );
  return {
    tidegate: sideOf(tidegate),
    chroma: sideOf(chroma),
    ratios: {
      p50: ratioOf(({ latenciesMs }) => latenciesOf(latenciesMs).p50),
      p95: ratioOf(({ latenciesMs }) => latenciesOf(latenciesMs).p95),
      rate: ratioOf(({ requests, elapsedMs }) => requests / elapsedMs),
    },
    tiers: tierShares(tidegate.outcomes),
  };
}

function sideOf({ outcomes, cpuSeconds }: Measured): SideResult {
  const sum = (figure: (outcome: RoundOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + figure(outcome), 0);
  const requests = sum((outcome) => outcome.requests);
  const { p50, p95, p99 } = latenciesOf(outcomes.flatMap(({ latenciesMs }) => latenciesMs));
  return {
    requests,
    errors: sum((outcome) => outcome.errors),
    requestsPerSecond: rounded((1_000 * requests) / sum(({ elapsedMs }) => elapsedMs)),
    latencyMs: { p50: rounded(p50), p95: rounded(p95), p99: rounded(p99) },
    cpuMsPerRequest: rounded((1_000 * cpuSeconds) / requests),
    faults: [],
  };
}

function tierShares(outcomes: readonly RoundOutcome[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { tiers } of outcomes) {
    for (const [tier, count] of tiers) counts.set(tier, (counts.get(tier) ?? 0) + count);
  }
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return Object.fromEntries([...counts].map(([tier, count]) => [tier, rounded(count / all)]));
}

function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}
