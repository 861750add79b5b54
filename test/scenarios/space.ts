/** How ChromaDB measures distances. */
export const SPACES = ['l2', 'ip', 'cosine'] as const;

export type Space = (typeof SPACES)[number];
