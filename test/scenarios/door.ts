import type { AdminClient, ChromaClient, Collection } from 'chromadb';

/** One way to reach a store with the official client. */
export interface Door {
  client(database?: { readonly tenant: string; readonly database: string }): ChromaClient;
  admin(): AdminClient;
  /** Called before the queries of a collection; a door may wait here until it answers from memory. */
  settle(collection: Collection): Promise<void>;
}
