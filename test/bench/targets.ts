import type { BenchResults, Row } from './results.js';
import { rounded } from './statistics.js';

/** What "fast" means here: figures that a `standard` run on two cores shall reach. */
export interface Target {
  readonly title: string;
  readonly sense: 'at most' | 'at least';
  readonly bound: (results: BenchResults) => number;
  /** Undefined where the run did not measure it. */
  readonly figure: (results: BenchResults) => number | undefined;
  /** What next to nothing in Tidegate's place would reach; see `limits.ts`. */
  readonly limit?: (results: BenchResults) => number | undefined;
}

export interface Outcome {
  readonly title: string;
  readonly sense: Target['sense'];
  readonly bound: number;
  readonly figure: number | undefined;
  readonly limit: number | undefined;
  readonly verdict: 'met' | 'MISSED' | 'not measured';
}

const RECALL = 0.99;
const MEMORY_FACTOR = 1.4;

export const TARGETS: readonly Target[] = [
  p50('plain', 1, 0.2),
  rate('plain', 16, 6),
  p50('where-10', 1, 1 / 20),
  p50('where-0.1', 1, 1 / 20),
  p50('where-document', 1, 1 / 15),
  rate('repeated', 16, 30),
  rate('zipf', 16, 10),
  p50('forced-miss', 1, 1.1),
  ...[1_000, 100, 1].flatMap((batch) => [1, 8].map((writers) => rate(`ingest-${batch}`, writers, 0.85))),
  atMost('start-first', 'milliseconds from kill -9 to the first answer', 1_000),
  atMost('start-mirror', 'milliseconds from kill -9 to the first answer of the mirror', 4_000),
  {
    title: 'recall, the least of all scenarios',
    sense: 'at least',
    bound: () => RECALL,
    figure: ({ rows }) => least(rows.flatMap(({ tidegate }) => tidegate.recall ?? [])),
  },
  {
    title: "recall minus ChromaDB's, the least of all scenarios",
    sense: 'at least',
    bound: () => 0,
    figure: ({ rows }) => least(rows.flatMap(recallGain)),
  },
  {
    title: 'resident bytes of a mirrored record',
    sense: 'at most',
    bound: (results) =>
      Math.round(
        MEMORY_FACTOR * (figureOf(results, 'memory-raw') ?? NaN) + (figureOf(results, 'memory-text') ?? NaN),
      ),
    figure: (results) => figureOf(results, 'memory-resident'),
  },
  growth(20_000, 100_000),
  growth(100_000, 500_000),
];

export function judgeTargets(results: BenchResults): readonly Outcome[] {
  return TARGETS.map(({ title, sense, ...target }) => {
    const bound = target.bound(results);
    const figure = target.figure(results);
    const limit = target.limit?.(results);
    return { title, sense, bound, figure, limit, verdict: verdictOn(sense, bound, figure) };
  });
}

/** Empty where what it is reckoned from was not measured. */
export function boundText({ sense, bound }: Pick<Outcome, 'sense' | 'bound'>): string {
  return Number.isNaN(bound) ? '' : `${sense} ${Number(bound.toPrecision(4))}`;
}

function verdictOn(sense: Target['sense'], bound: number, figure: number | undefined): Outcome['verdict'] {
  if (figure === undefined) return 'not measured';
  return (sense === 'at most' ? figure <= bound : figure >= bound) ? 'met' : 'MISSED';
}

function p50(scenario: string, clients: number, bound: number): Target {
  return ratioTarget(scenario, clients, 'at most', bound, 'p50');
}

function rate(scenario: string, clients: number, bound: number): Target {
  return ratioTarget(scenario, clients, 'at least', bound, 'rate');
}

function ratioTarget(
  scenario: string,
  clients: number,
  sense: Target['sense'],
  bound: number,
  measure: 'p50' | 'rate',
): Target {
  const name = measure === 'p50' ? 'p50' : 'requests/s';
  return {
    title: `${scenario}, ${clients} client${clients === 1 ? '' : 's'}, ${name} ratio`,
    sense,
    bound: () => bound,
    figure: ({ rows }) =>
      rows.find((row) => row.scenario === scenario && row.clients === clients)?.ratios[measure],
    limit: (results) => figureOf(results, `limit-${scenario}-${clients}`),
  };
}

function atMost(name: string, title: string, bound: number): Target {
  return { title, sense: 'at most', bound: () => bound, figure: (results) => figureOf(results, name) };
}

function growth(smaller: number, larger: number): Target {
  return {
    title: `plain p50, ${larger.toLocaleString('en')} records by ${smaller.toLocaleString('en')}`,
    sense: 'at most',
    bound: () => 1.6,
    figure: (results) => figureOf(results, `growth-Tidegate-${smaller}-${larger}`),
  };
}

function recallGain({ tidegate, chroma }: Row): number[] {
  if (tidegate.recall === undefined || chroma.recall === undefined) return [];
  return [rounded(tidegate.recall - chroma.recall)];
}

function figureOf({ figures }: BenchResults, name: string): number | undefined {
  return figures.find((figure) => figure.name === name)?.value;
}

function least(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}
