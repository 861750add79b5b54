import { isNull, NULL, rawMembers, rawObject } from './raw-json.js';
import { isSameValue } from './same-record.js';

/** What ChromaDB tells of a collection, as raw JSON. */
export interface CollectionShape {
  readonly id: string;
  readonly name: string;
  readonly isCosine: boolean;
  /** Floats a vector; undefined until the first record fixed it. */
  readonly dimension: number | undefined;
  readonly configuration: Buffer;
  readonly schema: Buffer;
  readonly metadata: Buffer;
}

/** Where a schema keeps the parameters of the index, with two that the configuration leaves out. */
const INDEX_IN_SCHEMA = ['keys', '#embedding', 'float_list', 'vector_index', 'config', 'hnsw'];
const LEFT_OUT = ['num_threads', 'batch_size'];

/** Reads ChromaDB's description of a collection. */
export function collectionShape(description: Uint8Array): CollectionShape {
  const members = rawMembers(description);
  const {
    id,
    name,
    dimension,
    configuration_json: configuration,
  } = JSON.parse(Buffer.from(description).toString()) as DescriptionWire;
  return {
    id,
    name,
    isCosine: (configuration.hnsw ?? configuration.spann)?.space === 'cosine',
    dimension: dimension ?? undefined,
    configuration: members.get('configuration_json') ?? NULL,
    schema: members.get('schema') ?? NULL,
    metadata: members.get('metadata') ?? NULL,
  };
}

interface DescriptionWire {
  readonly id: string;
  readonly name: string;
  readonly dimension: number | null;
  readonly configuration_json: {
    readonly hnsw?: { readonly space?: string } | null;
    readonly spann?: { readonly space?: string } | null;
  };
}

/**
 * The bodies to create a collection like this with, the likeliest first. ChromaDB refuses some combinations
 * of configuration, schema and metadata that it arrived at itself, and which of them brings all back depends
 * on how the collection was created.
 */
export function creationBodies(name: string, shape: CollectionShape): readonly Buffer[] {
  const configuration = ['configuration', wholeConfiguration(shape)] as const;
  const schema = ['schema', shape.schema] as const;
  const choices = isNull(shape.schema)
    ? [[configuration], []]
    : [[configuration], [schema], [configuration, schema], []];
  return choices.map((members) =>
    rawObject([['name', Buffer.from(JSON.stringify(name))], ['metadata', shape.metadata], ...members]),
  );
}

/**
 * What of a collection another one lacks or has otherwise, by name; what the other has beyond is its
 * version's.
 */
export function shapeDifferences(wanted: CollectionShape, found: CollectionShape): readonly string[] {
  const parts = ['metadata', 'configuration', 'schema'] as const;
  return parts.filter((part) => !isContained(wanted[part], found[part]));
}

function wholeConfiguration({ configuration, schema }: CollectionShape): Buffer {
  const members = rawMembers(configuration);
  const hnsw = members.get('hnsw');
  const inSchema = isNull(schema) ? undefined : memberAt(schema, INDEX_IN_SCHEMA);
  if (!hnsw || isNull(hnsw) || !inSchema) return configuration;
  const more = [...rawMembers(inSchema)].filter(([key]) => LEFT_OUT.includes(key));
  members.set('hnsw', rawObject([...rawMembers(hnsw), ...more]));
  return rawObject([...members]);
}

function memberAt(object: Buffer, path: readonly string[]): Buffer | undefined {
  return path.reduce<Buffer | undefined>(
    (value, key) => (value && value[0] === '{'.charCodeAt(0) ? rawMembers(value).get(key) : undefined),
    object,
  );
}

function isContained(wanted: Buffer, found: Buffer): boolean {
  if (isNull(wanted) || isSameValue(wanted, found)) return true;
  if (wanted[0] !== '{'.charCodeAt(0) || found[0] !== '{'.charCodeAt(0)) return false;
  const others = rawMembers(found);
  return [...rawMembers(wanted)].every(([key, value]) => isContained(value, others.get(key) ?? NULL));
}
