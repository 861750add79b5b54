import { Injectable } from '@nestjs/common';
import { Administration } from '../sync/administration.service.js';
import { WritePath } from '../sync/write-path.service.js';
import type { Visit } from './door.service.js';
import { storeCall, targetOf, type Exchange } from './exchange.js';
import { GatewayConfig } from './gateway.config.js';
import { readBody } from './request-body.js';
import type { GatewayAnswer } from './responder.service.js';
import { writeScope, type RecordWrite } from './write-wire.js';

/** Writes of records: ChromaDB first, then the mirror, then the acknowledgement. */
@Injectable()
export class WriteService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly writes: WritePath,
    private readonly administration: Administration,
  ) {}

  /** A write is never cut short when its caller goes away: that would put it in doubt. */
  async answer(kind: RecordWrite, exchange: Exchange, visit: Visit): Promise<GatewayAnswer> {
    const body = await readBody(exchange.request, this.config.maxBodyBytes, visit);
    const call = storeCall(exchange, 'write', body);
    const target = targetOf(exchange);
    // ChromaDB refuses an id that cannot be read; should it not, any collection may have changed.
    if (target === undefined) return this.administration.overturn(call);
    return this.writes.write(target, writeScope(kind, body), call);
  }
}
