/** In what a mirror may differ from ChromaDB when somebody wrote past Tidegate. */
export type DriftKind =
  /** ChromaDB has the record, the mirror has not. */
  | 'missing'
  /** The mirror has the record, ChromaDB has not. */
  | 'extra'
  /** Both have it, with another vector, document, metadata or URI. */
  | 'vector'
  | 'document'
  | 'metadata'
  | 'uri'
  /** Both have it, at another place in the order of insertion. */
  | 'order';

export const DRIFT_KINDS: readonly DriftKind[] = [
  'missing',
  'extra',
  'vector',
  'document',
  'metadata',
  'uri',
  'order',
];
