import type { CollectionTarget } from '../vector/collection-id.js';

/** The path of ChromaDB's API under which a database's collections are reached. */
export function collectionsPath({ tenant, database }: Pick<CollectionTarget, 'tenant' | 'database'>): string {
  const [inTenant, inDatabase] = [encodeURIComponent(tenant), encodeURIComponent(database)];
  return `/api/v2/tenants/${inTenant}/databases/${inDatabase}/collections`;
}
