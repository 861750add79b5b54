import { appendFileSync } from 'node:fs';

/** One row of the table that `npm run verify:long` prints. */
interface ProofFigures {
  readonly proof: string;
  readonly cases: number;
  /** What is counted, in the plural. */
  readonly unit: string;
  readonly failures: number;
  /** Undefined where nothing is left to chance. */
  readonly seed: number | undefined;
  readonly seconds: number;
}

/** Counts the cases of one proof and those that fail. */
export class ProofLog {
  private cases = 0;
  private failures = 0;
  private readonly startedMs = performance.now();

  constructor(
    private readonly proof: string,
    private readonly unit: string,
    private readonly seed?: number,
  ) {}

  /** Runs one case; ends as it does. */
  async run<T>(check: () => Promise<T>): Promise<T> {
    this.cases++;
    try {
      return await check();
    } catch (error) {
      this.failures++;
      throw error;
    }
  }

  /** Appends the figures as a line of JSON to the file that TEST_PROOFS_FILE names, if it names one. */
  report(): void {
    const path = process.env['TEST_PROOFS_FILE'];
    if (path === undefined) return;
    const { proof, cases, unit, failures, seed } = this;
    const seconds = Math.round((performance.now() - this.startedMs) / 1_000);
    const figures: ProofFigures = { proof, cases, unit, failures, seed, seconds };
    appendFileSync(path, `${JSON.stringify(figures)}\n`);
  }
}
