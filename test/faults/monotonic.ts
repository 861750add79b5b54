/** Milliseconds of a clock that all processes of this machine share and nobody can set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** A span of that clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function overlapMs(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.toMs, other.toMs) - Math.max(one.fromMs, other.fromMs));
}
