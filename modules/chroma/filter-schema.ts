/** ChromaDB's schema of a collection, as far as it decides about filters: which indexes exist, key by key. */
type Indexes = Readonly<Partial<Record<string, { readonly enabled?: boolean }>>>;
type KeySchema = Readonly<Partial<Record<string, Indexes>>>;

interface SchemaWire {
  readonly defaults?: KeySchema;
  readonly keys?: Readonly<Record<string, KeySchema>>;
}

const DOCUMENT_KEY = '#document';
const EMBEDDING_KEY = '#embedding';
const INVERTED_INDEXES = [
  ['string', 'string_inverted_index'],
  ['int', 'int_inverted_index'],
  ['float', 'float_inverted_index'],
  ['bool', 'bool_inverted_index'],
] as const;

/**
 * Whether every metadata key can be filtered by, and documents searched: ChromaDB refuses filters by a key
 * whose index is disabled. Collections of servers without schemas have all indexes.
 */
export function allowsAllFilters(schema: unknown): boolean {
  if (schema === undefined || schema === null) return true;
  const { defaults = {}, keys = {} } = schema as SchemaWire;
  const enabledByDefault = INVERTED_INDEXES.every(
    ([type, index]) => defaults[type]?.[index]?.enabled === true,
  );
  const documents = keys[DOCUMENT_KEY]?.['string']?.['fts_index']?.enabled === true;
  const metadataKeys = Object.entries(keys).filter(([key]) => key !== DOCUMENT_KEY && key !== EMBEDDING_KEY);
  return enabledByDefault && documents && !metadataKeys.some(([, key]) => disablesAny(key));
}

function disablesAny(key: KeySchema): boolean {
  return INVERTED_INDEXES.some(([type, index]) => key[type]?.[index]?.enabled === false);
}
