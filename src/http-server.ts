import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer, type RequestListener } from 'node:http';
import type { ConnectionDrain } from './connection-drain.js';

/** Tidegate's own paths; all others are ChromaDB's. */
const OWN_PATH = /^\/(docs|docs-json|docs-yaml|metrics|health|operations)(?:[/?]|$)/;
const OPERATIONS_PREFIX = '/operations/';
/** Time an idle connection of a caller is kept open. */
const KEEP_ALIVE_MS = 72_000;

/** How often connections are looked through for requests that do not come in. */
const CONNECTIONS_CHECK_MS = 1_000;

export interface ServerLimits {
  readonly headersTimeoutMs: number;
  /** Longest a whole request may take to come in, on whatever path; the gateway's deadlines are shorter. */
  readonly requestTimeoutMs: number;
  readonly maxConnections: number;
}

/** Fastify for Tidegate's own paths; requests for ChromaDB's API never enter it. */
export function httpAdapter(
  gateway: RequestListener,
  drain: ConnectionDrain,
  limits: ServerLimits,
): FastifyAdapter {
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: CONNECTIONS_CHECK_MS,
  };
  return new FastifyAdapter({
    serverFactory: (own: RequestListener) => {
      const server = createServer(options, (request, response) => {
        drain.note(response);
        if (OWN_PATH.test(request.url ?? '/')) own(request, response);
        else gateway(request, response);
      });
      server.maxConnections = limits.maxConnections;
      return server;
    },
  });
}

/** Only the operators' API has bodies that Nest reads. */
export function readOperatorsBodies(app: NestFastifyApplication, maxBodyBytes: number): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  const options = { parseAs: 'string', bodyLimit: maxBodyBytes } as const;
  fastify.addContentTypeParser<string>('*', options, (request, body, done) => {
    done(null, request.url.startsWith(OPERATIONS_PREFIX) ? parsed(body) : undefined);
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
