import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';

/** Longest tenant or collection name in a path that routes are matched for. */
const MAX_PARAM_CHARS = 1_024;
const OPERATIONS_PREFIX = '/operations/';

/** Fastify as the gateway needs it: bodies stay unread, and whatever it cannot route answers as ChromaDB's errors. */
export function httpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    routerOptions: { maxParamLength: MAX_PARAM_CHARS },
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      void reply.code(error.statusCode ?? 400).send({ error: 'InvalidArgumentError', message: error.message });
    },
  });
}

/** Only the operators' API has bodies that Nest reads; the gateway's go through as they come. */
export function leaveBodiesUnread(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
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
