import type { AdminClient, ChromaClient, Collection } from 'chromadb';

/** One way to reach a store with the official client. */
export interface Door {
  client(database?: { readonly tenant: string; readonly database: string }): ChromaClient;
  admin(): AdminClient;
  /** Whether each read is asked for twice, so that the second may be answered by a cache. */
  readonly asksTwice: boolean;
  /** Called before the reads of a collection; a door may wait here until it is ready to answer its way. */
  settle(collection: Collection): Promise<void>;
  /** Called when a collection has been read the door's way; it is only read, not written any more. */
  leave(collection: Collection): Promise<void>;
}
