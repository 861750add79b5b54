import http from 'node:http';
import type { Headers } from './http.js';
import { until } from './until.js';

const PIECE = Buffer.alloc(64 * 1024, ' ');
const ATTEMPTS_LIMIT_MS = 30_000;

export interface OversizedCall {
  readonly path: string;
  readonly headers: Headers;
  readonly bytes: number;
}

/**
 * Sends a body of blanks piece by piece until the server answers, and resolves to the status. A server may
 * close the connection while pieces are still on their way, and the answer be lost: then it is sent again.
 */
export function sendOversized(baseUrl: string, call: OversizedCall): Promise<number> {
  return until('an answer to an oversized body', ATTEMPTS_LIMIT_MS, () =>
    attempt(baseUrl, call).catch((error: unknown) => {
      if (isBrokenConnection(error)) return undefined;
      throw error;
    }),
  );
}

function attempt(baseUrl: string, { path, headers, bytes }: OversizedCall): Promise<number> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const request = http.request({
      ...{ hostname, port, path, method: 'POST', agent: false, timeout: ATTEMPTS_LIMIT_MS },
      headers: { ...headers, 'content-length': bytes },
    });
    let answered = false;
    request.once('response', (response) => {
      answered = true;
      resolve(response.statusCode ?? 0);
      response.resume();
      request.destroy();
    });
    request.on('error', reject);
    writePieces(request, bytes, () => answered);
  });
}

/** Leaves the event loop between two pieces, so that an answer is seen before more is sent. */
function writePieces(request: http.ClientRequest, left: number, isAnswered: () => boolean): void {
  if (isAnswered() || request.destroyed) return;
  if (left <= 0) {
    request.end();
    return;
  }
  const next = () => {
    writePieces(request, left - PIECE.length, isAnswered);
  };
  if (request.write(PIECE.subarray(0, left))) setImmediate(next);
  else request.once('drain', next);
}

/** Errors of Node itself are not instances of the `Error` that tests see. */
function isBrokenConnection(error: unknown): boolean {
  return ['EPIPE', 'ECONNRESET'].includes(String((error as NodeJS.ErrnoException).code));
}
