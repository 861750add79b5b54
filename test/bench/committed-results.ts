import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from './bench-processes.js';
import { conditionsText, LIMITS_TEXT, resultsPage, summaryTable, targetsTable } from './markdown.js';
import { ratioPlot } from './ratio-plot.js';
import { withSection } from './readme-section.js';
import type { BenchResults, Row } from './results.js';
import { judgeTargets } from './targets.js';

const FOLDER = 'docs/benchmarks';
const README = join(PROJECT_ROOT, 'README.md');
/** The profile that the README shows. */
const SHOWN_PROFILE = 'standard';
const SHOWN_ROWS: readonly (readonly [string, number])[] = [
  ['plain', 1],
  ['plain', 16],
  ['where-0.1', 1],
  ['where-10', 1],
  ['where-document', 1],
  ['get-ids', 1],
  ['repeated', 16],
  ['zipf', 16],
  ['mix-90-10', 16],
  ['forced-miss', 1],
  ['ingest-1000', 1],
];

/** The results of a profile that are part of the source. @throws Error where there are none */
export function readCommitted(profile: string): BenchResults {
  return JSON.parse(readFileSync(pathOf(`${profile}.json`), 'utf8')) as BenchResults;
}

/** Writes the results as JSON, as a page and as plots, and the README's table. @returns the files */
export function writeCommitted(results: BenchResults): readonly string[] {
  const { profile, rows } = results;
  mkdirSync(join(PROJECT_ROOT, FOLDER), { recursive: true });
  const one = rows.filter(({ clients }) => clients === 1);
  const many = rows.filter(({ clients }) => clients > 1);
  const files: readonly (readonly [string, string])[] = [
    [`${profile}.json`, `${JSON.stringify(results, null, 1)}\n`],
    [
      `${profile}-latency.svg`,
      ratioPlot('p50 of ChromaDB by that of Tidegate, one client', one, ({ ratios }) => 1 / ratios.p50),
    ],
    [
      `${profile}-throughput.svg`,
      ratioPlot('requests/s of Tidegate by those of ChromaDB, by clients', many, ({ ratios }) => ratios.rate),
    ],
  ];
  const plots = files.map(([name]) => name).filter((name) => name.endsWith('.svg'));
  const page = [`${profile}.md`, resultsPage(results, judgeTargets(results), plots)] as const;
  for (const [name, text] of [...files, page]) writeFileSync(pathOf(name), text);
  if (profile === SHOWN_PROFILE) {
    writeFileSync(README, withSection(readFileSync(README, 'utf8'), readmeSection(results)));
  }
  return [...files, page].map(([name]) => `${FOLDER}/${name}`);
}

function readmeSection(results: BenchResults): string {
  const shown = SHOWN_ROWS.flatMap(([scenario, clients]) => rowOf(results.rows, scenario, clients) ?? []);
  const targets = targetsTable(judgeTargets(results));
  return [summaryTable(shown), conditionsText(results), targets, LIMITS_TEXT].join('\n\n');
}

function rowOf(rows: readonly Row[], scenario: string, clients: number): Row | undefined {
  return rows.find((row) => row.scenario === scenario && row.clients === clients);
}

function pathOf(name: string): string {
  return join(PROJECT_ROOT, FOLDER, name);
}
