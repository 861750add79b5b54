import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { passedHeaders } from '../chroma/header-passing.js';
import { discardAnswer } from '../chroma/read-answer.js';
import type { RawHeaders } from '../chroma/store-call.js';
import { storeFailure } from '../chroma/store-failure.js';
import { deadlineExceeded } from '../resilience/deadline.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { ResilienceMetrics } from '../telemetry/resilience-metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { Door, type Visit } from './door.service.js';
import { errorAnswer } from './error-answer.js';
import type { Exchange } from './exchange.js';
import { classOf, type RouteClass } from './request-time.js';

/** An answer for the caller; a stream passes through as it comes. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  /** Headers of our own, name and value in turn. */
  readonly told?: RawHeaders;
  readonly body: Readable | Uint8Array;
}

/** Most of a refused body that is read all the same. */
const DISCARDED_MAX_BYTES = 1_048_576;
/** Text up to here goes to the socket in one write with the headers, which spares Node several µs. */
const ONE_WRITE_BYTES = 8_192;
const CONTENT_LENGTH = new Set(['content-length']);

/** Writes answers and errors to the caller, within the request's time, and counts them by route. */
@Injectable()
export class Responder {
  constructor(
    private readonly door: Door,
    private readonly metrics: Metrics,
    private readonly resilience: ResilienceMetrics,
    private readonly log: Log,
  ) {}

  /**
   * Runs the work of one request and sends its answer, or tells at its deadline that there is none yet. Never
   * throws. Resolves when the work has ended, of which nothing comes to the caller any more after that.
   */
  async respond(exchange: Exchange, work: (visit: Visit) => Promise<GatewayAnswer>): Promise<void> {
    const { request, response, time } = exchange;
    const startedMs = performance.now();
    let counted = false;
    const count = () => {
      if (!counted) this.metrics.request(exchange.route.name, response.statusCode, secondsSince(startedMs));
      counted = true;
    };
    const timer = setTimeout(() => {
      this.expire(exchange);
      count();
    }, time.deadlineMs - startedMs);
    let visit: Visit | undefined;
    try {
      visit = this.door.enter(request);
      const answer = await work(visit);
      if (time.isOver) discardAnswer(answer);
      else await this.send(response, answer);
    } catch (error) {
      if (!time.isOver) this.fail(exchange, error);
    } finally {
      clearTimeout(timer);
      visit?.leave();
      count();
    }
  }

  private expire(exchange: Exchange): void {
    const { request, route, time } = exchange;
    const stage = request.complete ? 'answering' : 'reading';
    const failure = stage === 'reading' ? notThereInTime() : notAnsweredInTime(classOf(route.name));
    time.end(failure);
    this.resilience.deadlineExceeded(route.name, stage);
    this.log.debug('deadline-exceeded', { route: route.name, stage });
    this.fail(exchange, failure);
  }

  private async send(
    response: ServerResponse,
    { status, headers, told = [], body }: GatewayAnswer,
  ): Promise<void> {
    if (!(body instanceof Uint8Array)) {
      response.writeHead(status, [...passedHeaders(headers), ...told]);
      try {
        await pipeline(body, response);
      } catch (error) {
        // ChromaDB broke off, or the caller went away: nothing failed here.
        throw storeFailure(error, 'read');
      }
      return;
    }
    const passed = passedHeaders(headers, CONTENT_LENGTH);
    response.writeHead(status, [...passed, ...told, 'content-length', String(body.byteLength)]);
    if (body.byteLength > ONE_WRITE_BYTES) response.end(body);
    else response.end(asText(body), 'latin1');
  }

  /** After the first byte only cutting the connection can still tell that the answer is not whole. */
  private fail({ request, response, time }: Exchange, error: unknown): void {
    if (!(error instanceof TidegateError)) this.log.error('request-failed', { message: messageOf(error) });
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const { status, headers, text } = errorAnswer(error);
    // A connection whose request is not read to its end cannot be used again, unless the rest is little.
    const isKept = request.complete || (isShort(request) && !time.isOver);
    const connection = isKept ? [] : ['connection', 'close'];
    response.writeHead(status, [
      ...headers,
      ...connection,
      'content-length',
      String(Buffer.byteLength(text)),
    ]);
    response.end(text);
  }
}

/** Each byte as one character, whatever text it is. */
function asText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1000;
}

function notThereInTime(): TidegateError {
  return deadlineExceeded('the request did not come in within its time; nothing was done', 'send it faster');
}

function notAnsweredInTime(kind: RouteClass): TidegateError {
  const what = 'the time for this request is over';
  if (kind === 'read') return deadlineExceeded(what, 'try again, or allow it more');
  return deadlineExceeded(what, 'it may have been applied, or may yet be: look before you try again');
}

/** Whether reading a body to its end, and for nothing, is cheaper than a new connection. */
function isShort({ headers }: IncomingMessage): boolean {
  const stated = headers['content-length'];
  const whole = headers['transfer-encoding'] === undefined;
  return whole && (stated === undefined || Number(stated) <= DISCARDED_MAX_BYTES);
}
