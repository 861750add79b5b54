/** The ids of an answer to ChromaDB's `query`, by query vector. */
export type IdLists = readonly (readonly string[])[];

/** @throws Error for bytes that are no such answer */
export function idsOf(answer: Uint8Array): IdLists {
  const { ids } = JSON.parse(Buffer.from(answer).toString()) as { readonly ids: IdLists };
  return ids;
}

export function countOf(lists: IdLists): number {
  return lists.reduce((sum, list) => sum + list.length, 0);
}

/**
 * The share of ids that two answers to one query have in common: of the longer list, averaged over the query
 * vectors; their order does not matter.
 */
export function overlapOf(some: IdLists, others: IdLists): number {
  const vectors = Math.max(some.length, others.length);
  let sum = 0;
  for (let vector = 0; vector < vectors; vector++) sum += shareOf(some[vector] ?? [], others[vector] ?? []);
  return vectors === 0 ? 1 : sum / vectors;
}

function shareOf(some: readonly string[], others: readonly string[]): number {
  const longer = Math.max(some.length, others.length);
  const known = new Set(others);
  return longer === 0 ? 1 : some.filter((id) => known.has(id)).length / longer;
}
