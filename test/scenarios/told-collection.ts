import type { Collection } from 'chromadb';

/** What a collection says of itself. */
export function toldCollection({ id, name, tenant, database, metadata, configuration }: Collection) {
  return { id, name, tenant, database, metadata, configuration };
}

/** The server lists in the order of its random ids. */
export function inOrderOfNames<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return items.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
