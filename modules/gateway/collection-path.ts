import { parseCollectionId, type CollectionTarget } from '../vector/collection-id.js';

export const DATABASES_PATH = 'api/v2/tenants/:tenant/databases';
export const COLLECTIONS_PATH = `${DATABASES_PATH}/:database/collections`;
export const COLLECTION_PATH = `${COLLECTIONS_PATH}/:collection`;

export interface CollectionParams {
  readonly tenant: string;
  readonly database: string;
  readonly collection: string;
}

/** The collection that a path leads to; undefined when ChromaDB would not read its id. */
export function targetOf({ tenant, database, collection }: CollectionParams): CollectionTarget | undefined {
  const id = parseCollectionId(collection);
  return id && { tenant, database, id };
}
