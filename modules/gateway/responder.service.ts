import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { passedHeaders } from '../chroma/header-passing.js';
import type { RawHeaders } from '../chroma/store-call.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { Door, type Visit } from './door.service.js';
import { errorAnswer } from './error-answer.js';
import type { Exchange } from './exchange.js';

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
const CONTENT_LENGTH = new Set(['content-length']);

/** Writes answers and errors to the caller, and counts them by route. */
@Injectable()
export class Responder {
  constructor(
    private readonly door: Door,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Runs the work of one request and sends its answer. Never throws. */
  async respond(
    { request, response, route }: Exchange,
    work: (visit: Visit) => Promise<GatewayAnswer>,
  ): Promise<void> {
    const started = performance.now();
    let visit: Visit | undefined;
    try {
      visit = this.door.enter(request);
      await this.send(response, await work(visit));
    } catch (error) {
      this.fail(request, response, error);
    } finally {
      visit?.leave();
      this.metrics.request(route.name, response.statusCode, (performance.now() - started) / 1000);
    }
  }

  private async send(
    response: ServerResponse,
    { status, headers, told = [], body }: GatewayAnswer,
  ): Promise<void> {
    if (!(body instanceof Uint8Array)) {
      response.writeHead(status, [...passedHeaders(headers), ...told]);
      await pipeline(body, response);
      return;
    }
    const passed = passedHeaders(headers, CONTENT_LENGTH);
    response.writeHead(status, [...passed, ...told, 'content-length', String(body.byteLength)]);
    response.end(body);
  }

  /** After the first byte only cutting the connection can still tell that the answer is not whole. */
  private fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (!(error instanceof TidegateError)) this.log.error('request-failed', { message: messageOf(error) });
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const { status, headers, text } = errorAnswer(error);
    // A connection whose request is not read to its end cannot be used again, unless the rest is little.
    const connection = request.complete || isShort(request) ? [] : ['connection', 'close'];
    response.writeHead(status, [
      ...headers,
      ...connection,
      'content-length',
      String(Buffer.byteLength(text)),
    ]);
    response.end(text);
  }
}

/** Whether reading a body to its end, and for nothing, is cheaper than a new connection. */
function isShort({ headers }: IncomingMessage): boolean {
  const stated = headers['content-length'];
  const whole = headers['transfer-encoding'] === undefined;
  return whole && (stated === undefined || Number(stated) <= DISCARDED_MAX_BYTES);
}
