import { allowsAllFilters } from './filter-schema.js';
import type { Space } from '../vector/read-request.js';

/** What a mirror must know of a collection. */
export interface CollectionInfo {
  readonly space: Space;
  /** Floats a vector; undefined until the first record fixes it. */
  readonly dimension: number | undefined;
  readonly maxNeighbors: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  /** Whether ChromaDB takes filters by any key; otherwise it judges each filter by its schema. */
  readonly allowsAllFilters: boolean;
}

interface HnswWire {
  readonly space?: string;
  readonly ef_construction?: number;
  readonly ef_search?: number;
  readonly max_neighbors?: number;
}

interface CollectionWire {
  readonly dimension: number | null;
  readonly schema?: unknown;
  readonly configuration_json: { readonly hnsw?: HnswWire | null };
}

/**
 * Reads ChromaDB's description of a collection.
 * @returns undefined when it is of a kind that Tidegate does not mirror (no HNSW index, unknown space)
 */
export function collectionInfo(wire: unknown): CollectionInfo | undefined {
  const { dimension, configuration_json: configuration, schema } = wire as CollectionWire;
  const hnsw = configuration.hnsw;
  if (!hnsw || !isSpace(hnsw.space)) return undefined;
  const { ef_construction: efConstruction, ef_search: efSearch, max_neighbors: maxNeighbors } = hnsw;
  if (efConstruction === undefined || efSearch === undefined || maxNeighbors === undefined) return undefined;
  return {
    space: hnsw.space,
    dimension: dimension ?? undefined,
    maxNeighbors,
    efConstruction,
    efSearch,
    allowsAllFilters: allowsAllFilters(schema),
  };
}

function isSpace(name: string | undefined): name is Space {
  return name === 'l2' || name === 'ip' || name === 'cosine';
}
