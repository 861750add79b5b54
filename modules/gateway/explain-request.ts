import { collectionsPath } from '../chroma/collection-path.js';
import type { Query } from '../routing/query.js';
import { parseCollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';
import { callerWish } from './caller-wish.js';
import { readQueryWire } from './query-wire.js';

const DEFAULT_TENANT = 'default_tenant';
const DEFAULT_DATABASE = 'default_database';
const MEMBERS = ['tenant', 'database', 'collection', 'query', 'headers', 'run'];
const HEADERS = ['caller', 'tier', 'maxStaleness'];

/** Which query to explain. */
export interface ExplainRequest {
  readonly target: CollectionTarget;
  /** As the caller's own request would become. */
  readonly query: Query;
  /** Ask each tier. */
  readonly run: boolean;
}

/**
 * Reads the body of a call to explain.
 * @param credentials headers that ChromaDB is to get, name and value in turn
 * @throws TidegateError `bad-request` naming what is wrong
 */
export function readExplainRequest(body: unknown, credentials: readonly string[]): ExplainRequest {
  const given = members(body, 'the body', MEMBERS);
  const tenant = text(given['tenant'], 'tenant') ?? DEFAULT_TENANT;
  const database = text(given['database'], 'database') ?? DEFAULT_DATABASE;
  const id = parseCollectionId(text(given['collection'], 'collection') ?? '');
  if (id === undefined) throw refused('"collection" is no UUID', 'give the id of a collection');
  const run = given['run'] ?? false;
  if (typeof run !== 'boolean') throw refused('"run" is neither true nor false', 'leave it out or give one');
  const target = { tenant, database, id };
  const asked = members(given['query'], '"query"', undefined);
  const headers = members(given['headers'] ?? {}, '"headers"', HEADERS);
  return { target, run, query: queryOf(target, asked, headers, credentials) };
}

function queryOf(
  target: CollectionTarget,
  asked: object,
  headers: Members,
  credentials: readonly string[],
): Query {
  const path = `${collectionsPath(target)}/${target.id}/query`;
  const body = Buffer.from(JSON.stringify(asked));
  const maxStaleness = headers['maxStaleness'];
  const bound = typeof maxStaleness === 'number' ? String(maxStaleness) : text(maxStaleness, 'maxStaleness');
  return {
    target,
    callerKey: text(headers['caller'], 'caller') ?? '',
    light: false,
    ...callerWish(text(headers['tier'], 'tier'), bound),
    body,
    call: {
      kind: 'read',
      method: 'POST',
      path,
      headers: ['content-type', 'application/json', ...credentials],
      body,
    },
    read: () => readQueryWire(body),
  };
}

type Members = Readonly<Record<string, unknown>>;

function members(value: unknown, name: string, known: readonly string[] | undefined): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused(`${name} is no object`, 'send {"collection": UUID, "query": {…as for ChromaDB…}}');
  }
  const unknown = known && Object.keys(value).filter((key) => !known.includes(key));
  if (known && unknown && unknown.length > 0) {
    throw refused(`${name} has no member ${JSON.stringify(unknown[0])}`, `there are ${known.join(', ')}`);
  }
  return value as Members;
}

function text(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw refused(`"${name}" is no string`, 'leave it out or give one');
}

function refused(message: string, remedy: string): TidegateError {
  return new TidegateError('bad-request', message, remedy);
}
