import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallKind, StoreCall } from '../chroma/store-call.js';
import { TidegateError } from '../vector/errors.js';

const BODILESS = new Set(['GET', 'HEAD']);

/**
 * The request as a call to ChromaDB, its body streaming through.
 * @throws TidegateError `bad-request` for a target that is no path: it would reach ChromaDB past our routes
 */
export function streamedCall(request: FastifyRequest, kind: CallKind, signal?: AbortSignal): StoreCall {
  const body = BODILESS.has(request.method) ? null : request.raw;
  return { ...head(request, kind), body, ...(signal && { signal }) };
}

/** The request as a call to ChromaDB with a body that was read already. */
export function bufferedCall(request: FastifyRequest, kind: CallKind, body: Buffer, signal?: AbortSignal): StoreCall {
  return { ...head(request, kind), body, ...(signal && { signal }) };
}

/** Ends when the caller goes away before it has its answer. */
export function callerGone({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

function head(request: FastifyRequest, kind: CallKind) {
  const { rawHeaders: headers, url: path = '' } = request.raw;
  if (!path.startsWith('/')) throw new TidegateError('bad-request', 'the request target is not a path', 'send a path');
  return { kind, method: request.method, path, headers };
}
