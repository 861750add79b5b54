/** A small repeatable source of random numbers (mulberry32). */
export class SeededRandom {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** From 0 to just under 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }

  /** Floats from -1 to 1 that single precision holds exactly. */
  vector(dimension: number): number[] {
    return Array.from({ length: dimension }, () => Math.fround(this.next() * 2 - 1));
  }

  /** An independent source, so that concurrent users do not disturb each other's sequence. */
  fork(): SeededRandom {
    return new SeededRandom(this.below(2 ** 32));
  }
}

/** Takes TEST_SEED, or a new seed, and prints it: a failure is run again with the seed it printed. */
export function seededRandom(suite: string): SeededRandom {
  const given = process.env['TEST_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  process.stdout.write(`${suite}: TEST_SEED=${seed}\n`);
  return new SeededRandom(seed);
}
