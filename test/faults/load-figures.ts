import { LOAD_GROUPS, type LoadGroup, type LoadRecord } from './load-record.js';
import type { Span } from './monotonic.js';

/** Requests of one span and how they ended; times in milliseconds, of all that ended, however. */
export interface LoadFigures {
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export function figuresOf(records: readonly LoadRecord[]): LoadFigures {
  const times = records.map(({ startMs, endMs }) => endMs - startMs).sort((one, other) => one - other);
  return {
    requests: records.length,
    errors: records.filter(isError).length,
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    maxMs: times.at(-1) ?? 0,
  };
}

export function figuresByGroup(records: readonly LoadRecord[]): Readonly<Record<LoadGroup, LoadFigures>> {
  const entries = LOAD_GROUPS.map((group) => [
    group,
    figuresOf(records.filter((each) => each.group === group)),
  ]);
  return Object.fromEntries(entries) as Record<LoadGroup, LoadFigures>;
}

export function isError({ status, noAnswer }: LoadRecord): boolean {
  return noAnswer !== undefined || status >= 400;
}

/** From 0 to 1; 0 of nothing. */
export function errorShare({ requests, errors }: LoadFigures): number {
  return requests === 0 ? 0 : errors / requests;
}

/** Those that were sent before the moment and ended after it. */
export function underWayAt(records: readonly LoadRecord[], momentMs: number): readonly LoadRecord[] {
  return records.filter(({ startMs, endMs }) => startMs < momentMs && endMs >= momentMs);
}

/** Those that were sent in the span. */
export function sentIn(records: readonly LoadRecord[], { fromMs, toMs }: Span): readonly LoadRecord[] {
  return records.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
}

/** Of sorted values; 0 of none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The slope of a straight line through the points, by least squares: units of y for one of x. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const meanOf = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const meanX = meanOf(points.map(({ x }) => x));
  const meanY = meanOf(points.map(({ y }) => y));
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const together = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  return spread === 0 ? 0 : together / spread;
}
