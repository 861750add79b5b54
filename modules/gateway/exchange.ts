import type { IncomingMessage, ServerResponse } from 'node:http';
import { headerValue } from '../chroma/header-passing.js';
import type { CallKind, StoreCall } from '../chroma/store-call.js';
import { parseCollectionId, type CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';
import type { MatchedRoute } from './chroma-routes.js';
import type { RequestTime } from './request-time.js';

/** One request to ChromaDB's API and the response to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Path and query string as they came. */
  readonly url: string;
  readonly route: MatchedRoute;
  readonly time: RequestTime;
}

const BODILESS = new Set(['GET', 'HEAD']);

/** The collection that the path leads to; undefined when it names none, or by an id that cannot be read. */
export function targetOf({ route: { params } }: Exchange): CollectionTarget | undefined {
  const { tenant, database, collection } = params;
  const id = collection === undefined ? undefined : parseCollectionId(collection);
  return id && tenant !== undefined && database !== undefined ? { tenant, database, id } : undefined;
}

/**
 * The request as a call to ChromaDB; its body streams through unless one that was read already is given. Only
 * a call that reads ends with the request's time.
 * @throws TidegateError `bad-request` for a target that is no path: it would reach ChromaDB past our routes
 */
export function storeCall(
  exchange: Exchange,
  kind: CallKind,
  body?: Buffer,
  caller = callerOf(exchange),
): StoreCall {
  const { request, method, url, route, time } = exchange;
  if (!url.startsWith('/'))
    throw new TidegateError('bad-request', 'the request target is not a path', 'send a path');
  const given = body ?? (isBodiless(method) ? null : request);
  const { collection } = route.params;
  const { rawHeaders: headers } = request;
  const { deadlineMs } = time;
  const signal = kind === 'read' ? time.signal : undefined;
  return { kind, method, path: url, headers, body: given, signal, deadlineMs, caller, collection };
}

export function isBodiless(method: string): boolean {
  return BODILESS.has(method);
}

/**
 * What makes a caller the same one again, for fair shares and for flags that are on for a share of callers.
 */
export function callerOf(exchange: Exchange): string {
  const named = ['x-tidegate-caller', 'x-chroma-token', 'authorization'].map((name) =>
    headerOf(exchange, name),
  );
  return named.find((value) => value !== undefined) ?? exchange.request.socket.remoteAddress ?? 'unknown';
}

/** A header of the request; `name` is in lower case. */
export function headerOf({ request }: Exchange, name: string): string | undefined {
  return headerValue(request.rawHeaders, name);
}
