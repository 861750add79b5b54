import type { Door } from './door.js';
import { inOrderOfNames, toldCollection } from './told-collection.js';
import type { Transcript } from './transcript.js';

const TENANT = 'tide-tenant';
const DATABASE = 'tide-database';

/** Tenants, databases, and what the server says of itself. */
export async function recordAdministration(door: Door, transcript: Transcript): Promise<void> {
  const admin = door.admin();
  const client = door.client();
  await transcript.record('heartbeat', async () => typeof (await client.heartbeat()));
  await transcript.record('version', () => client.version());
  await transcript.record('identity', () => client.getUserIdentity());
  await transcript.record('preflight checks', () => client.getPreflightChecks());
  await transcript.record('max batch size', () => client.getMaxBatchSize());
  await transcript.record('supports base64', () => client.supportsBase64Encoding());

  await transcript.record('get an unknown tenant', () => admin.getTenant({ name: TENANT }));
  await transcript.record('create a tenant', () => admin.createTenant({ name: TENANT }));
  await transcript.record('create the same tenant', () => admin.createTenant({ name: TENANT }));
  await transcript.record('create a tenant of a short name', () => admin.createTenant({ name: 'ab' }));
  await transcript.record('get the tenant', () => admin.getTenant({ name: TENANT }));

  const database = { name: DATABASE, tenant: TENANT };
  const listed = async () => inOrderOfNames(await admin.listDatabases({ tenant: TENANT }));
  await transcript.record('get an unknown database', () => admin.getDatabase(database));
  await transcript.record('create a database', () => admin.createDatabase(database));
  await transcript.record('create the same database', () => admin.createDatabase(database));
  await transcript.record('get the database', () => admin.getDatabase(database));
  await transcript.record('create another', () => admin.createDatabase({ name: 'second', tenant: TENANT }));
  await transcript.record('list databases', listed);
  await transcript.record(
    'list one',
    async () => (await admin.listDatabases({ tenant: TENANT, limit: 1, offset: 1 })).length,
  );

  await recordOtherDatabase(door, transcript);
  await transcript.record('delete the database', () => admin.deleteDatabase(database));
  await transcript.record('delete it again', () => admin.deleteDatabase(database));
  await transcript.record('list what is left', listed);
}

/** Two databases may each have a collection of the same name. */
async function recordOtherDatabase(door: Door, transcript: Transcript): Promise<void> {
  const name = 'same-name';
  for (const database of [DATABASE, 'second']) {
    const client = door.client({ tenant: TENANT, database });
    const create = async () =>
      toldCollection(await client.createCollection({ name, embeddingFunction: null }));
    await transcript.record(`create a collection in ${database}`, create);
    await transcript.record(`fill it`, async () => {
      const collection = await client.getCollection({ name });
      await collection.add({ ids: [database], embeddings: [[1, 2]], metadatas: [{ home: database }] });
      await door.settle(collection);
    });
    await transcript.recordRead('query it', async () => {
      const collection = await client.getCollection({ name });
      return collection.query({ queryEmbeddings: [[1, 2]], nResults: 1 });
    });
    await transcript.record('leave it', async () => door.leave(await client.getCollection({ name })));
  }
}
