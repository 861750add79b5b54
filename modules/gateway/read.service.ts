import { Injectable } from '@nestjs/common';
import type { Query, ReadQuery } from '../routing/query.js';
import { Router } from '../routing/router.service.js';
import { callerWish } from './caller-wish.js';
import type { RouteName } from './chroma-routes.js';
import { ChromaReads } from '../chroma/chroma-reads.service.js';
import type { Visit } from './door.service.js';
import { callerOf, headerOf, storeCall, targetOf, type Exchange } from './exchange.js';
import { GatewayConfig } from './gateway.config.js';
import { readGetWire } from './get-wire.js';
import { readQueryWire } from './query-wire.js';
import { answerable } from './read-wire.js';
import { readBody } from './request-body.js';
import type { GatewayAnswer } from './responder.service.js';
import { readSearchWire } from './search-wire.js';

/** What ChromaDB answers to a plain `GET` is usually small, and then read whole: so it can be asked again. */
const SMALL_ANSWER_BYTES = 65_536;

const PLAIN_JSON = /^application\/json(\s*;\s*charset=utf-8)?$/i;

/** A call that reads records of a collection and is routed to tiers. */
interface RoutedRead {
  readonly hasBody: boolean;
  readonly light: boolean;
  readonly readWire: (body: Buffer) => ReadQuery;
}

const ROUTED_READS = {
  query: { hasBody: true, light: false, readWire: readQueryWire },
  get: { hasBody: true, light: false, readWire: readGetWire },
  search: { hasBody: true, light: false, readWire: readSearchWire },
  count: { hasBody: false, light: true, readWire: () => answerable({ kind: 'count' }) },
} satisfies Partial<Record<RouteName, RoutedRead>>;

export type RoutedReadName = keyof typeof ROUTED_READS;

/** Reads of records: the calls that tiers answer. */
@Injectable()
export class ReadService {
  constructor(
    private readonly config: GatewayConfig,
    private readonly router: Router,
    private readonly reads: ChromaReads,
  ) {}

  /** A call that changes nothing, and that only ChromaDB answers. */
  pass(exchange: Exchange): Promise<GatewayAnswer> {
    const call = storeCall(exchange, 'read');
    return this.reads.send(
      exchange.method === 'GET' ? { ...call, wholeUpToBytes: SMALL_ANSWER_BYTES } : call,
    );
  }

  async answer(name: RoutedReadName, exchange: Exchange, visit: Visit): Promise<GatewayAnswer> {
    const started = performance.now();
    const read = ROUTED_READS[name];
    const { request, time } = exchange;
    const { maxBodyBytes } = this.config;
    const body = read.hasBody ? await readBody(request, maxBodyBytes, visit, time) : undefined;
    const answer = await this.router.answer(queryOf(read, exchange, body));
    const { tier, reason, tierMs } = answer;
    const totalMs = performance.now() - started;
    const timing = `tidegate;dur=${totalMs.toFixed(3)}, ${tier};dur=${tierMs.toFixed(3)}`;
    const age = answer.ageMs === undefined ? [] : ['x-tidegate-age-ms', answer.ageMs.toFixed(0)];
    const told = ['x-tidegate-tier', tier, 'x-tidegate-reason', reason, ...age, 'server-timing', timing];
    return { status: answer.status, headers: answer.headers, told, body: answer.body };
  }
}

const NO_BODY = Buffer.alloc(0);

function queryOf(
  { hasBody, light, readWire }: RoutedRead,
  exchange: Exchange,
  body: Buffer | undefined,
): Query {
  const given = body ?? NO_BODY;
  const caller = callerOf(exchange);
  let wire: ReadQuery | undefined;
  return {
    target: isOrdinary(exchange, hasBody) ? targetOf(exchange) : undefined,
    callerKey: caller,
    ...callerWish(headerOf(exchange, 'x-tidegate-tier'), headerOf(exchange, 'x-tidegate-max-staleness')),
    light,
    body: given,
    call: storeCall(exchange, 'read', body, caller),
    read: () => (wire ??= readWire(given)),
  };
}

/** Media types, encodings and query strings that a tier does not know are ChromaDB's to judge. */
function isOrdinary(exchange: Exchange, hasBody: boolean): boolean {
  const encoded = headerOf(exchange, 'content-encoding') !== undefined;
  const readable = !hasBody || PLAIN_JSON.test(headerOf(exchange, 'content-type') ?? '');
  return readable && !encoded && !exchange.url.includes('?');
}
