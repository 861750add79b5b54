import type { CollectionId } from '../vector/collection-id.js';

/** What a write may do to records: `insert` may add some, `update` only changes them. */
export type WriteEffect = 'insert' | 'update' | 'remove';

/** Which records a write may have touched. */
export type WriteScope =
  /** These, and no others. */
  | { readonly kind: 'named'; readonly effect: WriteEffect; readonly ids: readonly string[] }
  /** Any; but it can only have removed records (a delete by filter). */
  | { readonly kind: 'removals' }
  /** Any, in any way. */
  | { readonly kind: 'unknown' };

/** The records that a write may have changed, besides such as it removed; null for any. */
export function idsOf(scope: WriteScope): readonly string[] | null {
  if (scope.kind === 'unknown') return null;
  return scope.kind === 'named' ? scope.ids : [];
}

/** What is known of a write once ChromaDB has spoken, or has failed to. */
export type WriteOutcome = 'applied' | 'refused' | 'never-sent' | 'in-doubt';

/**
 * Reads a write's outcome from ChromaDB's status. A 5xx is in doubt: ChromaDB logs a write before it applies
 * it, and a logged write is applied later even when its caller was told of an error.
 */
export function outcomeOfStatus(status: number): WriteOutcome {
  if (status < 400) return 'applied';
  // Not implemented: ChromaDB did not even begin.
  if (status === 501) return 'refused';
  return status < 500 ? 'refused' : 'in-doubt';
}

/** Which collections an administrative call may have changed: one, or any. */
export type AdminScope = CollectionId | 'all';
