/** What a run of stories did, so that a run that proves nothing shows. */
export class Tally {
  private readonly counts = new Map<string, number>();

  count(what: string): void {
    this.counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  toString(): string {
    return [...this.counts]
      .sort()
      .map(([what, count]) => `${what}: ${count}`)
      .join(', ');
  }
}
