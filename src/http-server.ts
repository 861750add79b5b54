import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { GATEWAY_PATH } from '../modules/gateway/gateway.controller.js';

/** Tidegate's own paths; all others are ChromaDB's. */
const OWN_PATH = /^\/(docs|docs-json|docs-yaml|metrics|health|operations)(?:[/?]|$)/;
const OPERATIONS_PREFIX = '/operations/';

/** Fastify as the gateway needs it: requests for ChromaDB's API pass its router and its parsers untouched. */
export function httpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    rewriteUrl: (request: IncomingMessage) => {
      const { url = '/' } = request;
      if (OWN_PATH.test(url)) return url;
      // Fastify would refuse media types that it cannot read; the raw headers keep it for ChromaDB to judge.
      delete request.headers['content-type'];
      return GATEWAY_PATH;
    },
  });
}

/** Only the operators' API has bodies that Nest reads; the gateway's go through as they come. */
export function leaveBodiesUnread(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    if (!request.url.startsWith(OPERATIONS_PREFIX)) return undefined;
    return parsed(await text(payload));
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
