import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import { Administration } from '../sync/administration.service.js';
import { matchRoute } from './chroma-routes.js';
import type { Visit } from './door.service.js';
import { callerGone, storeCall, targetOf, type Exchange } from './exchange.js';
import { ReadService } from './read.service.js';
import { Responder, type GatewayAnswer } from './responder.service.js';
import { WriteService } from './write.service.js';

/**
 * ChromaDB's API: reads of records to the router, writes to the write path, the rest to ChromaDB as it comes.
 */
@Injectable()
export class Gateway {
  constructor(
    private readonly reads: ReadService,
    private readonly writes: WriteService,
    private readonly administration: Administration,
    private readonly http: ChromaHttp,
    private readonly responder: Responder,
  ) {}

  /** Answers one request. Never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '/' } = request;
    const exchange = { request, response, method, url, route: matchRoute(method, url) };
    await this.responder.respond(exchange, (visit) => this.answer(exchange, visit));
  }

  private async answer(exchange: Exchange, visit: Visit): Promise<GatewayAnswer> {
    const { name } = exchange.route;
    switch (name) {
      case 'query':
      case 'search':
      case 'get':
      case 'count':
        return this.reads.answer(name, exchange, visit);
      case 'add':
      case 'update':
      case 'upsert':
      case 'delete':
        return this.writes.answer(name, exchange, visit);
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
