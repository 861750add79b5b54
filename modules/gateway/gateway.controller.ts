import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import { Administration } from '../sync/administration.service.js';
import { matchRoute } from './chroma-routes.js';
import { callerGone, storeCall, targetOf, type Exchange } from './exchange.js';
import { ReadService } from './read.service.js';
import { Responder, type GatewayAnswer } from './responder.service.js';
import { WriteService } from './write.service.js';

/** The path that all requests for ChromaDB's API are led to; their own stays in `originalUrl`. */
export const GATEWAY_PATH = '/chroma';

/**
 * ChromaDB's API: reads of records to the router, writes to the write path, the rest to ChromaDB as it comes.
 */
@ApiExcludeController()
@Controller(GATEWAY_PATH)
export class GatewayController {
  constructor(
    private readonly reads: ReadService,
    private readonly writes: WriteService,
    private readonly administration: Administration,
    private readonly http: ChromaHttp,
    private readonly responder: Responder,
  ) {}

  @All()
  async handle(
    @Req() { raw, originalUrl, method }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    reply.hijack();
    const exchange = {
      request: raw,
      response: reply.raw,
      method,
      url: originalUrl,
      route: matchRoute(method, originalUrl),
    };
    await this.responder.respond(exchange, () => this.answer(exchange));
  }

  private async answer(exchange: Exchange): Promise<GatewayAnswer> {
    const { name } = exchange.route;
    switch (name) {
      case 'query':
      case 'get':
      case 'count':
        return this.reads.answer(name, exchange);
      case 'add':
      case 'update':
      case 'upsert':
      case 'delete':
        return this.writes.answer(name, exchange);
      case 'read':
      case 'other-safe':
        return this.http.send(storeCall(exchange, 'read', undefined, callerGone(exchange)));
      case 'create':
        return this.http.send(storeCall(exchange, 'admin'));
      case 'configure':
        return this.administration.administer(targetOf(exchange)?.id ?? 'all', storeCall(exchange, 'admin'));
      // A name tells no id, and the path no collection: record calls reach them under any path.
      case 'remove':
        return this.administration.administer('all', storeCall(exchange, 'admin'));
      case 'other-change':
        return this.administration.overturn(storeCall(exchange, 'admin'));
    }
  }
}
