import type { CallKind, StoreAnswer } from './store-call.js';
import { storeFailure } from './store-failure.js';

/**
 * Reads an answer's body whole.
 * @throws TidegateError `store-failed` or `store-timeout` when ChromaDB breaks off or stalls
 */
export async function readAnswer({ body }: StoreAnswer, kind: CallKind): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
  } catch (error) {
    throw storeFailure(error, kind);
  }
  return Buffer.concat(chunks);
}

/** Lets go of an answer that nobody reads; its stream ends with an error that tells nothing. */
export function discardAnswer({ body }: Pick<StoreAnswer, 'body'>): void {
  if (!(body instanceof Uint8Array)) body.on('error', () => undefined).destroy();
}
