/**
 * The order of one collection's writes. Writes that share a record run one after the other, in the order of
 * arrival; others side by side. A write that does not name its records (a delete by filter) runs alone.
 * Otherwise a record's read-back could meet the next write to it, and a record that was removed and added
 * again before ids were listed would stay in the mirror as it was before.
 */
export class WriteOrder {
  private lastAlone: Promise<unknown> = Promise.resolve();
  private readonly underWay = new Set<Promise<unknown>>();
  /** The last write of each record that is under way or waits. */
  private readonly lastOf = new Map<string, Promise<unknown>>();

  /** Runs a write of these records, which may repeat, when its turn comes; ends as the work does. */
  run<T>(ids: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = new Set([this.lastAlone]);
    for (const id of ids) {
      const last = this.lastOf.get(id);
      if (last) before.add(last);
    }
    const { turn, ended } = this.after(before, work);
    for (const id of ids) this.lastOf.set(id, ended);
    void ended.then(() => {
      for (const id of ids) if (this.lastOf.get(id) === ended) this.lastOf.delete(id);
    });
    return turn;
  }

  /** Runs work between all that arrived before and all that arrives later. */
  runAlone<T>(work: () => Promise<T>): Promise<T> {
    const { turn, ended } = this.after([this.lastAlone, ...this.underWay], work);
    this.lastAlone = ended;
    return turn;
  }

  private after<T>(before: Iterable<Promise<unknown>>, work: () => Promise<T>) {
    const turn = Promise.all(before).then(work);
    const ended = turn.catch(() => undefined);
    this.underWay.add(ended);
    void ended.then(() => this.underWay.delete(ended));
    return { turn, ended };
  }
}
