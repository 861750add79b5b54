/** Bounds of routing; times in milliseconds. */
export abstract class RoutingConfig {
  /** The oldest that an answer may be which is given because ChromaDB is away. */
  abstract readonly staleMaxAgeMs: number;
}
