import type { IncomingMessage } from 'node:http';
import { TidegateError } from '../vector/errors.js';
import type { Visit } from './door.service.js';
import type { RequestTime } from './request-time.js';

/**
 * Reads a request's body whole, within the time of the request.
 * @throws TidegateError `body-too-large` beyond `maxBytes`; `overloaded` when all bodies together are too
 * large; `bad-request` when the caller breaks off; what its time ended with
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  visit: Visit,
  time: Pick<RequestTime, 'whenOver'>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      const refusal = length > maxBytes ? tooLarge(maxBytes) : visit.hold(length);
      if (refusal === undefined) return;
      request.off('data', take).pause();
      reject(refusal);
    };
    time.whenOver((reason) => {
      request.off('data', take).pause();
      reject(reason);
    });
    request.on('data', take);
    request.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only ? only : Buffer.concat(chunks, length));
    });
    // Node ends a request that broke off with an error, after which nothing comes.
    request.on('error', (cause) => {
      reject(new TidegateError('bad-request', 'the request broke off', 'send it again', { cause }));
    });
  });
}

function tooLarge(maxBytes: number): TidegateError {
  return new TidegateError(
    'body-too-large',
    'the request is too large',
    `send at most ${maxBytes} bytes, in batches`,
  );
}
