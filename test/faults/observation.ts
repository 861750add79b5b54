import type { LoadFigures } from './load-figures.js';
import type { LoadGroup } from './load-record.js';

export interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

/** What one run showed. A line of JSON each, and a row of the table. */
export interface Observation {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly skipped: number;
  readonly all: LoadFigures;
  readonly hung: number;
  readonly wrong: number;
  /** `during` lasts until service was normal again. */
  readonly phases: Readonly<Record<'before' | 'during' | 'after', PhaseFigures>>;
  /** From the fault's end; null where service did not become normal again, or there is no end. */
  readonly recoveryMs: number | null;
  /** How often each breaker entered each state, by `breaker state`. */
  readonly breakers: Readonly<Record<string, number>>;
  readonly rssMb: BeforeAndAfter;
  readonly handles: BeforeAndAfter;
  /** Figures of this one alone. */
  readonly figures: Readonly<Record<string, number>>;
  /** What did not hold; none is a pass. */
  readonly failures: readonly string[];
}

export interface PhaseFigures {
  readonly all: LoadFigures;
  readonly groups: Readonly<Record<LoadGroup, LoadFigures>>;
}
