interface NotYet {
  /**
   * Operators cannot warm, reconcile, drop or have a snapshot written on demand: that they are told 404 is
   * counted, and no failure.
   */
  readonly operations: boolean;
  /**
   * A mirror may show some records of a write that is under way: answers pass if each of their records is
   * right by itself.
   */
  readonly wholeWrites: boolean;
  /**
   * A restart forgets what is in doubt: a killed Tidegate is started again only when nothing is on its way to
   * ChromaDB any more.
   */
  readonly rememberedDoubts: boolean;
}

/** What Tidegate does not do yet, and the model lets pass. */
export const NOT_YET: NotYet = { operations: true, wholeWrites: true, rememberedDoubts: true };
