import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { headerValue } from '../chroma/header-passing.js';
import { TidegateError } from '../vector/errors.js';
import type { Visit } from './door.service.js';
import type { Exchange } from './exchange.js';
import { GatewayConfig } from './gateway.config.js';
import { KnownRoutes } from './known-routes.js';
import { ReadService } from './read.service.js';
import { classOf, RequestTime, timeLimitMs, TIMEOUT_HEADER } from './request-time.js';
import { Responder, type GatewayAnswer } from './responder.service.js';
import { WriteService } from './write.service.js';

/**
 * ChromaDB's API: reads of records to the router, writes to the write path, the rest to ChromaDB as it comes.
 */
@Injectable()
export class Gateway {
  private readonly routes = new KnownRoutes();

  constructor(
    private readonly config: GatewayConfig,
    private readonly reads: ReadService,
    private readonly writes: WriteService,
    private readonly responder: Responder,
  ) {}

  /** Answers one request. Never throws. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    const { method = '', url = '/' } = request;
    const route = this.routes.match(method, url);
    const defaultMs = this.config.timeoutMs[classOf(route.name)];
    const limitMs = timeLimitMs(headerValue(request.rawHeaders, TIMEOUT_HEADER), defaultMs);
    const refused = limitMs instanceof TidegateError;
    const time = new RequestTime(response, startedMs + (refused ? defaultMs : limitMs));
    const exchange = { request, response, method, url, route, time };
    await this.responder.respond(exchange, (visit) =>
      refused ? Promise.reject(limitMs) : this.answer(exchange, visit),
    );
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
        return this.reads.pass(exchange);
      case 'create':
      case 'configure':
      case 'remove':
      case 'other-change':
        return this.writes.administer(name, exchange, visit);
    }
  }
}
