import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer, type RequestListener } from 'node:http';
import type { ConnectionDrain } from './connection-drain.js';

/** Tidegate's own paths; all others are ChromaDB's. */
const OWN_PATH = /^\/(docs|docs-json|docs-yaml|metrics|health|operations)(?:[/?]|$)/;
const OPERATIONS_PREFIX = '/operations/';
/** Time an idle connection of a caller is kept open. */
const KEEP_ALIVE_MS = 72_000;

/** Fastify for Tidegate's own paths; requests for ChromaDB's API never enter it. */
export function httpAdapter(gateway: RequestListener, drain: ConnectionDrain): FastifyAdapter {
  return new FastifyAdapter({
    serverFactory: (own: RequestListener) =>
      createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
        drain.note(response);
        if (OWN_PATH.test(request.url ?? '/')) own(request, response);
        else gateway(request, response);
      }),
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
