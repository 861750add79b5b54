import type { Row } from './results.js';

/**
 * A ratio may be so many times worse than the committed one. Between a quiet machine with two cores and one
 * that others use, ratios of one tree differ nearly as much; what is worth failing a build for is larger.
 */
export const TOLERANCE = 2;

/** The ratio that stands for a row: latency where one client waits, throughput where many do. */
export function guardedRatio({ clients, ratios }: Row): {
  readonly measure: 'p50' | 'rate';
  readonly ratio: number;
} {
  return clients === 1 ? { measure: 'p50', ratio: ratios.p50 } : { measure: 'rate', ratio: ratios.rate };
}

/** How many times worse a row is than the committed one; under 1 it is better. */
export function worseBy(committed: Row, row: Row): number {
  const before = guardedRatio(committed).ratio;
  const now = guardedRatio(row).ratio;
  return row.clients === 1 ? now / before : before / now;
}

/** The rows that got so much slower beside ChromaDB that it is no noise. New rows count as equal. */
export function regressedRows(committed: readonly Row[], rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => {
    const before = committed.find(
      ({ scenario, clients }) => scenario === row.scenario && clients === row.clients,
    );
    return before !== undefined && !(worseBy(before, row) <= TOLERANCE);
  });
}

/** Committed rows that a run has not measured: a scenario that is gone guards nothing. */
export function missingRows(committed: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const has = ({ scenario, clients }: Row) =>
    rows.some((row) => row.scenario === scenario && row.clients === clients);
  return committed.filter((row) => !has(row));
}

/** What a run of a row says against it, apart from its speed. */
export function faultsOf(row: Row): readonly string[] {
  const { errors, requests, faults } = row.tidegate;
  const name = `${row.scenario}, ${row.clients} clients`;
  const wrong = faults.map((fault) => `${name}: ${fault}`);
  return errors > 0 ? [...wrong, `${name}: ${errors} of ${requests} requests failed`] : wrong;
}
