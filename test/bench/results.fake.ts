import type { BenchResults, Row, SideResult } from './results.js';

function side(changes: Partial<SideResult>): SideResult {
  return {
    ...{ requests: 100, errors: 0, requestsPerSecond: 50, cpuMsPerRequest: 1, faults: [] },
    latencyMs: { p50: 1, p95: 2, p99: 3 },
    ...changes,
  };
}

/** A row with these ratios of both measures. */
export function rowWith(
  scenario: string,
  clients: number,
  ratios: Partial<Row['ratios']>,
  sides: { readonly tidegate?: Partial<SideResult>; readonly chroma?: Partial<SideResult> } = {},
): Row {
  return {
    ...{ scenario, title: scenario, clients, unitsPerRequest: 1, tiers: {} },
    ratios: { p50: 1, p95: 1, rate: 1, ...ratios },
    tidegate: side(sides.tidegate ?? {}),
    chroma: side(sides.chroma ?? {}),
  };
}

export function resultsWith(
  rows: readonly Row[],
  figures: Readonly<Record<string, number>> = {},
): BenchResults {
  return {
    ...{ profile: 'standard', seed: 6, measuredAt: '2030-01-02T03:04:05Z', records: 100_000, dimension: 768 },
    ...{ seconds: 600, driverCeiling: 20_000, rows },
    machine: {
      ...{ cpu: 'a processor', cores: 2, memoryGib: 8, kernel: '6.1', node: 'v20.0.0' },
      ...{ chromadb: '3.5.0', tidegate: '0.1.0' },
    },
    figures: Object.entries(figures).map(([name, value]) => ({ name, title: name, unit: 'bytes', value })),
  };
}
