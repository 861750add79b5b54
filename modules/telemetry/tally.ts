/**
 * Counts what happens with every request, by two labels. Adding takes two looks into a map; prom-client
 * makes a text of the labels for each increment, so that it is told of many at a time.
 */
export class Tally {
  private counts = new Map<string, Map<string | number, number>>();

  add(first: string, second: string | number): void {
    const bySecond = this.counts.get(first);
    if (bySecond === undefined) this.counts.set(first, new Map([[second, 1]]));
    else bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }

  /** Hands on what was counted since the last time. */
  drain(receive: (first: string, second: string | number, count: number) => void): void {
    const { counts } = this;
    this.counts = new Map();
    for (const [first, bySecond] of counts)
      for (const [second, count] of bySecond) receive(first, second, count);
  }
}
