import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { passedHeaders } from '../chroma/header-passing.js';
import type { RawHeaders } from '../chroma/store-call.js';
import { Log, messageOf } from '../telemetry/log.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import { TidegateError } from '../vector/errors.js';
import { errorAnswer } from './error-answer.js';

/** An answer for the caller; a stream passes through as it comes. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  /** Headers of our own, name and value in turn. */
  readonly told?: RawHeaders;
  readonly body: Readable | Uint8Array;
}

/** Writes answers and errors to the caller, and counts them by route. */
@Injectable()
export class Responder {
  constructor(
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** Runs the work of one request and sends its answer. Never throws. */
  async respond(route: string, request: FastifyRequest, reply: FastifyReply, work: () => Promise<GatewayAnswer>): Promise<void> {
    const started = performance.now();
    reply.hijack();
    try {
      await this.send(reply, await work());
    } catch (error) {
      this.fail(request, reply, error);
    } finally {
      this.metrics.request(route, reply.raw.statusCode, (performance.now() - started) / 1000);
    }
  }

  private async send({ raw }: FastifyReply, { status, headers, told = [], body }: GatewayAnswer): Promise<void> {
    if (!(body instanceof Uint8Array)) {
      raw.writeHead(status, [...passedHeaders(headers), ...told]);
      await pipeline(body, raw);
      return;
    }
    const passed = passedHeaders(headers, CONTENT_LENGTH);
    raw.writeHead(status, [...passed, ...told, 'content-length', String(body.byteLength)]);
    raw.end(body);
  }

  /** After the first byte only cutting the connection can still tell that the answer is not whole. */
  private fail(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
    if (!(error instanceof TidegateError)) this.log.error('request-failed', { message: messageOf(error) });
    if (reply.raw.headersSent || reply.raw.destroyed) {
      reply.raw.destroy();
      return;
    }
    const unread = !request.raw.complete;
    if (error instanceof TidegateError && error.code === 'body-too-large') {
      this.refuse(reply, 413, 'text/plain; charset=utf-8', error.message, unread);
      return;
    }
    const { status, body, retryAfterSeconds } = errorAnswer(error);
    if (retryAfterSeconds !== undefined) reply.raw.setHeader('retry-after', retryAfterSeconds);
    this.refuse(reply, status, 'application/json', JSON.stringify(body), unread);
  }

  /** A connection whose request is not read to its end cannot be used again. */
  private refuse({ raw }: FastifyReply, status: number, contentType: string, text: string, unread: boolean): void {
    if (unread) raw.setHeader('connection', 'close');
    raw.setHeader('content-type', contentType);
    raw.setHeader('content-length', Buffer.byteLength(text));
    raw.statusCode = status;
    raw.end(text);
  }
}

const CONTENT_LENGTH = new Set(['content-length']);
