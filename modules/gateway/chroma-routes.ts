/** What a call to ChromaDB is to Tidegate; also its name in metrics. */
export type RouteName =
  | 'query'
  | 'search'
  | 'get'
  | 'count'
  | 'add'
  | 'update'
  | 'upsert'
  | 'delete'
  | 'read'
  /** Creates something: changes nothing that a hot tier holds. */
  | 'create'
  /** Renames or configures a collection, which its id names. */
  | 'configure'
  /** Deletes a collection by its name, or a database. */
  | 'remove'
  | 'other-safe'
  /** Whatever else might change something is taken to change anything. */
  | 'other-change';

interface ChromaRoute {
  readonly method: string;
  /** Segments in braces match anything, the empty segment too. */
  readonly path: string;
  readonly name: RouteName;
  readonly summary: string;
}

const DATABASES = '/api/v2/tenants/{tenant}/databases';
const DATABASE = `${DATABASES}/{database}`;
const COLLECTIONS = `${DATABASE}/collections`;
const COLLECTION = `${COLLECTIONS}/{collection}`;

const route = (method: string, path: string, name: RouteName, summary: string): ChromaRoute => ({
  method,
  path,
  name,
  summary,
});

/** The routes of ChromaDB's v2 API that Tidegate knows; all others pass through as well. */
export const CHROMA_ROUTES: readonly ChromaRoute[] = [
  route(
    'POST',
    `${COLLECTION}/query`,
    'query',
    'Nearest records; the header x-tidegate-tier tells who answered',
  ),
  route('POST', `${COLLECTION}/add`, 'add', 'Add records; existing ids are ignored'),
  route('POST', `${COLLECTION}/update`, 'update', 'Update records; unknown ids are ignored'),
  route('POST', `${COLLECTION}/upsert`, 'upsert', 'Add records, or update those that exist'),
  route('POST', `${COLLECTION}/delete`, 'delete', 'Delete records by id or by filter'),
  route('POST', `${COLLECTION}/get`, 'get', 'Records in insertion order, by id or by filter'),
  route('POST', `${COLLECTION}/search`, 'search', 'Ranked search; a single ChromaDB answers 501'),
  route('GET', `${COLLECTION}/count`, 'count', 'Number of records'),
  route('POST', '/api/v2/tenants', 'create', 'Create a tenant'),
  route('POST', DATABASES, 'create', 'Create a database'),
  route('POST', COLLECTIONS, 'create', 'Create a collection'),
  route('GET', COLLECTIONS, 'read', 'List collections'),
  route('GET', COLLECTION, 'read', 'A collection, by its name'),
  route('PUT', COLLECTION, 'configure', 'Rename or configure a collection, by its id'),
  route('DELETE', COLLECTION, 'remove', 'Delete a collection, by its name'),
  route('DELETE', DATABASE, 'remove', 'Delete a database'),
  route('POST', '/api/v2/reset', 'other-change', 'Delete everything, where ChromaDB allows it'),
];

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A path in segments, fixed ones apart from those in braces: every request is compared with many. */
interface CompiledPath {
  readonly length: number;
  readonly fixed: readonly { readonly at: number; readonly text: string }[];
  readonly params: readonly { readonly at: number; readonly name: string }[];
}

const COMPILED = CHROMA_ROUTES.map((each) => ({ ...each, compiled: compile(each.path) }));

function compile(path: string): CompiledPath {
  const segments = path.split('/').map((text, at) => ({ at, text, name: text.slice(1, -1) }));
  const isParam = ({ text }: { text: string }) => text.startsWith('{');
  const fixed = segments.filter((segment) => !isParam(segment));
  return { length: segments.length, fixed, params: segments.filter(isParam) };
}

export interface MatchedRoute {
  readonly name: RouteName;
  /** The segments in braces, percent-decoded. */
  readonly params: Readonly<Partial<Record<string, string>>>;
}

/**
 * Finds the route of a request target as ChromaDB's router does: fixed segments are compared as they are, not
 * decoded, and empty segments count.
 */
export function matchRoute(method: string, target: string): MatchedRoute {
  const [path = ''] = target.split(/[?#]/, 1);
  const segments = path.split('/');
  for (const { method: wanted, name, compiled } of COMPILED) {
    const params = wanted === method ? paramsOf(compiled, segments) : undefined;
    if (params) return { name, params };
  }
  return { name: SAFE_METHODS.has(method) ? 'other-safe' : 'other-change', params: {} };
}

function paramsOf(path: CompiledPath, segments: readonly string[]): Record<string, string> | undefined {
  if (path.length !== segments.length) return undefined;
  for (const { at, text } of path.fixed) if (segments[at] !== text) return undefined;
  const params: Record<string, string> = {};
  for (const { at, name } of path.params) {
    const value = decoded(segments[at] ?? '');
    if (value === undefined) return undefined;
    params[name] = value;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
