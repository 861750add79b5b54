import type { IncomingMessage } from 'node:http';
import { TidegateError } from '../vector/errors.js';

/**
 * Reads a request's body whole.
 * @throws TidegateError `body-too-large` beyond `maxBytes`; `bad-request` when the caller breaks off
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      length += (chunk as Buffer).length;
      if (length > maxBytes) break;
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    throw new TidegateError('bad-request', 'the request broke off', 'send it again', { cause: error });
  }
  if (length > maxBytes) {
    throw new TidegateError(
      'body-too-large',
      'the request is too large',
      `send at most ${maxBytes} bytes, in batches`,
    );
  }
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, length);
}
