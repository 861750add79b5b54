import type { Figure, Row, SideResult } from './results.js';

/** A row as it is printed while the benchmark runs. */
export function rowText(row: Row): string {
  const { ratios, tiers } = row;
  const shares = Object.entries(tiers).map(([tier, share]) => `; ${tier} ${Math.round(100 * share)} %`);
  return [
    `${row.title}, ${row.clients} client${row.clients === 1 ? '' : 's'} (${row.scenario})`,
    `  Tidegate ${sideText(row.tidegate, row.unitsPerRequest)}${shares.join('')}`,
    `  ChromaDB ${sideText(row.chroma, row.unitsPerRequest)}`,
    `  ratio    requests/s ${ratios.rate}x, p50 ${ratios.p50}, p95 ${ratios.p95}`,
    '',
  ].join('\n');
}

export function figureText({ title, value, unit, note }: Figure): string {
  return `${title}: ${value.toLocaleString('en')} ${unit}${note === undefined ? '' : ` (${note})`}\n`;
}

function sideText(side: SideResult, units: number): string {
  const { p50, p95, p99 } = side.latencyMs;
  const rate =
    units === 1 ? `${side.requestsPerSecond}/s` : `${Math.round(side.requestsPerSecond * units)} vectors/s`;
  const parts = [`${rate}; p50 ${p50}, p95 ${p95}, p99 ${p99} ms; CPU ${side.cpuMsPerRequest} ms`];
  if (side.recall !== undefined) parts.push(`recall ${side.recall}`);
  if (side.errors > 0) parts.push(`${side.errors} of ${side.requests} FAILED`);
  if (side.faults.length > 0) parts.push(`WRONG: ${side.faults.join('; ')}`);
  return parts.join('; ');
}
