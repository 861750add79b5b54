/**
 * The order of one collection's writes. Writes that name their records run side by side; one that does not (a
 * delete by filter) runs alone, in the order of arrival. Otherwise a record that it removed and another write
 * added again before ids were listed would stay in the mirror as it was before.
 */
export class WriteOrder {
  private lastAlone: Promise<unknown> = Promise.resolve();
  private readonly together = new Set<Promise<unknown>>();

  /** Runs the work when its turn comes; ends as the work does. */
  run<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    const before = alone ? [this.lastAlone, ...this.together] : [this.lastAlone];
    const turn = Promise.all(before).then(work);
    const ended = turn.catch(() => undefined);
    if (alone) this.lastAlone = ended;
    else {
      this.together.add(ended);
      void ended.then(() => this.together.delete(ended));
    }
    return turn;
  }
}
