import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Query, ReadQuery } from '../routing/query.js';
import { Router } from '../routing/router.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { COLLECTION_PATH, targetOf, type CollectionParams } from './collection-path.js';
import { GatewayConfig } from './gateway.config.js';
import { readQueryWire } from './query-wire.js';
import { readBody } from './request-body.js';
import { Responder, type GatewayAnswer } from './responder.service.js';
import { bufferedCall, callerGone } from './store-request.js';

const PLAIN_JSON = /^application\/json(\s*;\s*charset=utf-8)?$/i;

/** `query`: the call that tiers answer. */
@ApiTags('records')
@Controller(COLLECTION_PATH)
export class QueryController {
  constructor(
    private readonly config: GatewayConfig,
    private readonly router: Router,
    private readonly responder: Responder,
  ) {}

  @Post('query')
  @ApiOperation({ summary: 'Nearest records; the header x-tidegate-tier tells who answered' })
  query(@Param() params: CollectionParams, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.responder.respond('query', request, reply, () =>
      this.answer(targetOf(params), request, callerGone(reply)),
    );
  }

  private async answer(
    target: CollectionTarget | undefined,
    request: FastifyRequest,
    gone: AbortSignal,
  ): Promise<GatewayAnswer> {
    const started = performance.now();
    const body = await readBody(request.raw, this.config.maxBodyBytes);
    const query = queryOf(target, request, body, gone);
    const { tier, reason, tierMs, status, headers, body: answer } = await this.router.answer(query);
    const timing = `tidegate;dur=${(performance.now() - started).toFixed(3)}, ${tier};dur=${tierMs.toFixed(3)}`;
    const told = ['x-tidegate-tier', tier, 'x-tidegate-reason', reason, 'server-timing', timing];
    return { status, headers, told, body: answer };
  }
}

function queryOf(
  target: CollectionTarget | undefined,
  request: FastifyRequest,
  body: Buffer,
  gone: AbortSignal,
): Query {
  const { headers } = request;
  // Encodings and queries that a tier does not know are ChromaDB's to judge.
  const plainRequest =
    PLAIN_JSON.test(headers['content-type'] ?? '') && headers['content-encoding'] === undefined && !request.url.includes('?');
  let wire: ReadQuery | undefined;
  return {
    target: plainRequest ? target : undefined,
    callerKey: callerKey(request),
    forced: headers['x-tidegate-tier'] === 'chroma',
    body,
    call: bufferedCall(request, 'read', body, gone),
    read: () => (wire ??= readQueryWire(body)),
  };
}

/** What makes a caller the same one again, for flags that are on for a share of callers. */
function callerKey({ headers, ip }: FastifyRequest): string {
  const named = headers['x-tidegate-caller'] ?? headers['x-chroma-token'] ?? headers.authorization;
  return typeof named === 'string' ? named : ip;
}
