import { errorShare, type LoadFigures } from './load-figures.js';
import type { BeforeAndAfter, Observation, PhaseFigures } from './observation.js';

const HEADS = [
  'scenario',
  'requests',
  'hung',
  'wrong',
  'errors % before/during/after',
  'mirrored %',
  'p99 ms before/during/after',
  'recovered s',
  'breakers: opened',
  'RSS MB',
  'handles',
  's',
  '',
];

/** One row an observation, and below the figures of some alone. */
export function tableOf(observations: readonly Observation[]): string {
  const rows = [HEADS, ...observations.map(rowOf)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((text, column) => text.padEnd((widths[column] ?? 0) + 2)).join(''));
  const figures = observations.flatMap(({ name, figures }) =>
    Object.keys(figures).length === 0 ? [] : [`${name}: ${JSON.stringify(figures)}`],
  );
  return [...lines, '', ...figures].map((line) => `${line.trimEnd()}\n`).join('');
}

function rowOf({ phases, ...seen }: Observation): readonly string[] {
  const { before, during, after } = phases;
  const each = (tell: (phase: PhaseFigures) => string) => [before, during, after].map(tell).join(' / ');
  return [
    seen.name,
    String(seen.all.requests),
    String(seen.hung),
    String(seen.wrong),
    each(({ all }) => percent(all)),
    percent(during.groups.mirrored),
    each(({ all }) => all.p99Ms.toFixed(0)),
    seen.recoveryMs === null ? '-' : (seen.recoveryMs / 1000).toFixed(1),
    openings(seen.breakers),
    moved(seen.rssMb),
    moved(seen.handles),
    String(seen.seconds),
    seen.failures.length === 0 ? 'passed' : 'FAILED',
  ];
}

function percent(figures: LoadFigures): string {
  return (errorShare(figures) * 100).toFixed(2);
}

function openings(breakers: Readonly<Record<string, number>>): string {
  const opened = Object.entries(breakers).filter(([move]) => move.endsWith(' open'));
  return opened.map(([move, count]) => `${move.split(' ')[0] ?? ''} ${count}`).join(', ') || '-';
}

function moved({ before, after }: BeforeAndAfter): string {
  return `${before} → ${after}`;
}
