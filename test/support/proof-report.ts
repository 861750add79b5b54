import { appendFileSync } from 'node:fs';

/** The figures of one proof, a row of the table that `npm run verify:long` prints. */
export interface ProofFigures {
  readonly proof: string;
  /** How much was done, in words. */
  readonly amount: string;
  /** Differences and other failures. */
  readonly failures: number;
  readonly seed: number | undefined;
  /** When it began, on the monotonic clock. */
  readonly startedMs: number;
}

/** Appends the figures as a line of JSON to the file that TEST_PROOFS_FILE names, if it names one. */
export function reportProof({ startedMs, ...figures }: ProofFigures): void {
  const path = process.env['TEST_PROOFS_FILE'];
  if (path === undefined) return;
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  appendFileSync(path, `${JSON.stringify({ ...figures, seconds })}\n`);
}
