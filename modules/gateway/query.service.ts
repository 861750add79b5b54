import { Injectable } from '@nestjs/common';
import type { Query, ReadQuery } from '../routing/query.js';
import { Router } from '../routing/router.service.js';
import { callerWish } from './caller-wish.js';
import { callerGone, headerOf, storeCall, targetOf, type Exchange } from './exchange.js';
import { GatewayConfig } from './gateway.config.js';
import { readQueryWire } from './query-wire.js';
import { readBody } from './request-body.js';
import type { GatewayAnswer } from './responder.service.js';

const PLAIN_JSON = /^application\/json(\s*;\s*charset=utf-8)?$/i;

/** `query`: the call that tiers answer. */
@Injectable()
export class QueryService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly router: Router,
  ) {}

  async answer(exchange: Exchange): Promise<GatewayAnswer> {
    const started = performance.now();
    const gone = callerGone(exchange);
    const body = await readBody(exchange.request, this.config.maxBodyBytes);
    const answer = await this.router.answer(queryOf(exchange, body, gone));
    const { tier, reason, tierMs } = answer;
    const totalMs = performance.now() - started;
    const timing = `tidegate;dur=${totalMs.toFixed(3)}, ${tier};dur=${tierMs.toFixed(3)}`;
    const told = ['x-tidegate-tier', tier, 'x-tidegate-reason', reason, 'server-timing', timing];
    return { status: answer.status, headers: answer.headers, told, body: answer.body };
  }
}

function queryOf(exchange: Exchange, body: Buffer, gone: AbortSignal): Query {
  let wire: ReadQuery | undefined;
  return {
    target: isOrdinary(exchange) ? targetOf(exchange) : undefined,
    callerKey: callerKey(exchange),
    ...callerWish(headerOf(exchange, 'x-tidegate-tier'), headerOf(exchange, 'x-tidegate-max-staleness')),
    body,
    call: storeCall(exchange, 'read', body, gone),
    read: () => (wire ??= readQueryWire(body)),
  };
}

/** Media types, encodings and query strings that a tier does not know are ChromaDB's to judge. */
function isOrdinary(exchange: Exchange): boolean {
  const encoded = headerOf(exchange, 'content-encoding') !== undefined;
  return PLAIN_JSON.test(headerOf(exchange, 'content-type') ?? '') && !encoded && !exchange.url.includes('?');
}

/** What makes a caller the same one again, for flags that are on for a share of callers. */
function callerKey(exchange: Exchange): string {
  const named = ['x-tidegate-caller', 'x-chroma-token', 'authorization'].map((name) =>
    headerOf(exchange, name),
  );
  return named.find((value) => value !== undefined) ?? exchange.request.socket.remoteAddress ?? 'unknown';
}
