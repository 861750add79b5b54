import type { BenchResults, Figure, Row } from './results.js';
import { boundText, type Outcome } from './targets.js';

export const LIMITS_TEXT = `\
The limit is what a bare server of Node reaches in Tidegate's place: one that reads a query and answers it at
once (repeated), passes it on (forced miss), or parses it and searches the graph with hnswlib (plain; for 16
clients its processor time, and the driver's, on all cores).`;

/** The page of one profile's results. */
export function resultsPage(
  results: BenchResults,
  outcomes: readonly Outcome[],
  plots: readonly string[],
): string {
  return [
    `# Benchmark, profile \`${results.profile}\``,
    `Written by \`npm run bench -- --profile ${results.profile}\`; do not edit.`,
    conditionsText(results),
    '## Targets, which are those of a `standard` run',
    targetsTable(outcomes),
    LIMITS_TEXT,
    '## Scenarios',
    'Ratios are Tidegate by ChromaDB, medians over rounds in which both took turns.\n' +
      'A closed loop: each client sends its next request when the last one is answered.',
    scenariosTable(results.rows),
    ...(results.figures.length === 0 ? [] : ['## Other figures', figuresTable(results.figures)]),
    ...plots.map((plot) => `![${plot}](${plot})`),
    '',
  ].join('\n\n');
}

/** The few rows that the README shows. */
export function summaryTable(rows: readonly Row[]): string {
  return table(
    ['scenario', 'clients', 'Tidegate p50', 'ChromaDB p50', 'requests/s', 'p50'],
    rows.map((row) => [
      row.title,
      String(row.clients),
      milliseconds(row.tidegate.latencyMs.p50),
      milliseconds(row.chroma.latencyMs.p50),
      `${row.ratios.rate}×`,
      `${row.ratios.p50}×`,
    ]),
  );
}

export function conditionsText({
  machine,
  records,
  dimension,
  seed,
  measuredAt,
  ...results
}: BenchResults): string {
  const { cpu, cores, memoryGib, kernel, node, chromadb, tidegate } = machine;
  return (
    `${records.toLocaleString('en')} records of ${dimension} dimensions, cosine, seed ${seed}; ` +
    `${cpu}, ${cores} cores, ${memoryGib} GiB, Linux ${kernel}, Node ${node}, chromadb ${chromadb}, ` +
    `Tidegate ${tidegate}; ${measuredAt.slice(0, 10)}, ${results.seconds} s. The driver makes ` +
    `${results.driverCeiling.toLocaleString('en')} requests/s of a server that does nothing.`
  );
}

export function targetsTable(outcomes: readonly Outcome[]): string {
  return table(
    ['figure', 'target', 'measured', '', 'limit here'],
    outcomes.map(({ title, sense, bound, figure, verdict, limit }) => [
      title,
      boundText({ sense, bound }),
      figure === undefined ? '' : String(figure),
      verdict,
      limit === undefined ? '' : String(limit),
    ]),
  );
}

function scenariosTable(rows: readonly Row[]): string {
  const headings = [
    'scenario',
    'clients',
    'side',
    'requests/s',
    'p50',
    'p95',
    'p99',
    'CPU',
    'recall',
    'errors',
  ];
  return table(
    [...headings, 'requests/s', 'p50'],
    rows.flatMap((row) =>
      (['tidegate', 'chroma'] as const).map((side) => {
        const { requestsPerSecond, latencyMs, cpuMsPerRequest, recall, errors } = row[side];
        const isOurs = side === 'tidegate';
        return [
          ...(isOurs ? [row.title, String(row.clients), 'Tidegate'] : ['', '', 'ChromaDB']),
          rateText(requestsPerSecond, row.unitsPerRequest),
          ...[latencyMs.p50, latencyMs.p95, latencyMs.p99, cpuMsPerRequest].map(milliseconds),
          recall === undefined ? '' : String(recall),
          String(errors),
          ...(isOurs ? [`${row.ratios.rate}×`, `${row.ratios.p50}×`] : ['', '']),
        ];
      }),
    ),
  );
}

function figuresTable(figures: readonly Figure[]): string {
  return table(
    ['figure', '', 'how'],
    figures.map(({ title, value, unit, note }) => [
      title,
      `${value.toLocaleString('en')} ${unit}`,
      note ?? '',
    ]),
  );
}

function rateText(requestsPerSecond: number, units: number): string {
  return units === 1 ? String(requestsPerSecond) : `${Math.round(requestsPerSecond * units)} vectors/s`;
}

function milliseconds(value: number): string {
  return `${value} ms`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)].join('\n');
}
