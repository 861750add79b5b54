/** The canonical text of a collection's UUID: lower case, hyphenated. */
export type CollectionId = string & { readonly brand: 'CollectionId' };

const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HYPHENATED = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';
const ACCEPTED = new RegExp(`^(?:[0-9a-fA-F]{32}|${HYPHENATED}|\\{${HYPHENATED}\\}|urn:uuid:${HYPHENATED})$`);

/**
 * Reads a collection id as ChromaDB does: simple, hyphenated, braced or URN form, in any case. All forms of
 * one id must name the same mirror, or a write in one form would leave the others' answers stale.
 */
export function parseCollectionId(text: string): CollectionId | undefined {
  // As every client sends it.
  if (CANONICAL.test(text)) return text as CollectionId;
  if (!ACCEPTED.test(text)) return undefined;
  const hex = text.replace(/^urn:uuid:|[{}-]/g, '').toLowerCase();
  const canonical = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
  return canonical as CollectionId;
}

/** A collection and the path under which its callers reach it. */
export interface CollectionTarget {
  readonly tenant: string;
  readonly database: string;
  readonly id: CollectionId;
}
