import { withoutListOrder } from '../support/list-order.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const ADDRESS = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/g;

export interface Step {
  readonly step: string;
  readonly outcome: unknown;
  /** The same read once more; undefined where it was done once. */
  readonly again?: unknown;
}

/** What a scenario did and what came of it, with everything taken out that differs from run to run. */
export class Transcript {
  readonly steps: Step[] = [];
  private readonly namesById = new Map<string, string>();

  /** @param asksTwice whether `recordRead` reads twice */
  constructor(private readonly asksTwice: boolean) {}

  /** From now on the id is told as this name. */
  name(id: string, name: string): void {
    this.namesById.set(id, name);
  }

  /** Does the step and records its result, or the error it ended with; returns the result. */
  async record<T>(step: string, act: () => Promise<T>): Promise<T | undefined> {
    const { result, outcome } = await this.attempt(act);
    this.steps.push({ step, outcome });
    return result;
  }

  /** As `record`, for what changes nothing and whose answer may be kept. */
  async recordRead(step: string, act: () => Promise<unknown>): Promise<void> {
    const { outcome } = await this.attempt(act);
    const again = this.asksTwice ? { again: (await this.attempt(act)).outcome } : {};
    this.steps.push({ step, outcome, ...again });
  }

  private async attempt<T>(act: () => Promise<T>): Promise<{ result?: T; outcome: unknown }> {
    try {
      const result = await act();
      return { result, outcome: this.normalised(result) };
    } catch (error) {
      return { outcome: this.normalised(described(error)) };
    }
  }

  private normalised(value: unknown): unknown {
    if (typeof value === 'string') return this.withoutChance(value);
    if (Array.isArray(value)) return value.map((item) => this.normalised(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.normalised(field)]));
  }

  private withoutChance(text: string): string {
    return withoutListOrder(text)
      .replace(UUID, (id) => `id of ${this.namesById.get(id.toLowerCase()) ?? 'something'}`)
      .replace(ADDRESS, 'http://store');
  }
}

/** Whether an outcome is an error that a step ended with. */
export function isError(outcome: unknown): boolean {
  return typeof outcome === 'object' && outcome !== null && 'errorMessage' in outcome;
}

/** Errors of Node itself are not instances of the `Error` that tests see. */
function described(error: unknown): unknown {
  const { name, message } = error as Partial<Error>;
  return { errorName: name, errorMessage: message };
}
