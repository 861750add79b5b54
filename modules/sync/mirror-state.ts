/** Where the mirror of a collection stands. */
export type MirrorState =
  /** There is none; a query may ask for one. */
  | 'cold'
  /**
   * It is as its snapshot was, and ChromaDB is away: it answers nobody, but for stale reads, until it has
   * been brought up to date.
   */
  | 'loaded'
  /** It is being filled; writes are noted and read back at the end. */
  | 'warming'
  /** It is filled; what was written meanwhile is being read back. Writes wait for their own read-back. */
  | 'catching-up'
  /** It equals ChromaDB, up to writes that are not acknowledged yet. */
  | 'warm'
  /**
   * It differed from ChromaDB in too many records, as somebody wrote past Tidegate: it follows the writes,
   * but answers nobody until a whole comparison has found it equal.
   */
  | 'drifted'
  /**
   * It is not mirrored for now: no records, no room beside hotter ones, an operator's pin, or of a kind that
   * is not mirrored.
   */
  | 'refused';

/** What readers and operators see: while a write is in doubt no hot tier answers, whatever the mirror is. */
export type ServingState = MirrorState | 'settling';

/** Every state, so that metrics can show those that no collection is in. */
export const SERVING_STATES: readonly ServingState[] = [
  'cold',
  'loaded',
  'warming',
  'catching-up',
  'warm',
  'drifted',
  'settling',
  'refused',
];

/** Whether there is a mirror of the whole collection that follows its writes. */
export function isFilled(state: ServingState): boolean {
  return state === 'warm' || state === 'drifted';
}

/** Whether a warm-up may begin: nothing is there, or nothing that follows writes. */
export function isIdle(state: ServingState): boolean {
  return state === 'cold' || state === 'loaded' || state === 'refused';
}

/** Why a collection was refused. */
export const REFUSALS = ['empty', 'over-budget', 'not-mirrorable', 'pinned', 'memory-short'] as const;
export type Refusal = (typeof REFUSALS)[number];
