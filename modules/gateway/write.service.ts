import { Injectable } from '@nestjs/common';
import { ChromaHttp } from '../chroma/chroma-http.service.js';
import type { StoreCall } from '../chroma/store-call.js';
import { Administration } from '../sync/administration.service.js';
import { WritePath } from '../sync/write-path.service.js';
import type { RouteName } from './chroma-routes.js';
import type { Visit } from './door.service.js';
import { isBodiless, storeCall, targetOf, type Exchange } from './exchange.js';
import { GatewayConfig } from './gateway.config.js';
import { readBody } from './request-body.js';
import type { GatewayAnswer } from './responder.service.js';
import { writeScope, type RecordWrite } from './write-wire.js';

export type AdministrativeName = Extract<RouteName, 'create' | 'configure' | 'remove' | 'other-change'>;

/**
 * Calls that change something. They are read whole before ChromaDB hears of them, and never cut short when
 * their caller goes away or their time is over: that would put them in doubt.
 */
@Injectable()
export class WriteService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly writes: WritePath,
    private readonly administration: Administration,
    private readonly http: ChromaHttp,
  ) {}

  /** Writes of records: ChromaDB first, then the mirror, then the acknowledgement. */
  async answer(kind: RecordWrite, exchange: Exchange, visit: Visit): Promise<GatewayAnswer> {
    const body = await this.bodyOf(exchange, visit);
    const call = storeCall(exchange, 'write', body);
    const target = targetOf(exchange);
    // ChromaDB refuses an id that cannot be read; should it not, any collection may have changed.
    if (target === undefined) return this.administration.overturn(call);
    return this.writes.write(target, writeScope(kind, body), call);
  }

  /** Changes of collections and of whatever else there is. */
  async administer(name: AdministrativeName, exchange: Exchange, visit: Visit): Promise<GatewayAnswer> {
    const call: StoreCall = isBodiless(exchange.method)
      ? storeCall(exchange, 'admin')
      : storeCall(exchange, 'admin', await this.bodyOf(exchange, visit));
    switch (name) {
      case 'create':
        return this.http.send(call);
      case 'configure':
        return this.administration.administer(targetOf(exchange)?.id ?? 'all', call);
      // A name tells no id, and the path no collection: record calls reach them under any path.
      case 'remove':
        return this.administration.administer('all', call);
      case 'other-change':
        return this.administration.overturn(call);
    }
  }

  private bodyOf({ request, time }: Exchange, visit: Visit): Promise<Buffer> {
    return readBody(request, this.config.maxBodyBytes, visit, time);
  }
}
