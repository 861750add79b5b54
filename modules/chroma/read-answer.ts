import type { CallKind, StoreAnswer } from './store-call.js';
import { storeFailure } from './store-failure.js';

/**
 * Reads an answer's body whole.
 * @throws TidegateError `store-failed` or `store-timeout` when ChromaDB breaks off or stalls
 */
export async function readAnswer({ body }: StoreAnswer, kind: CallKind): Promise<Buffer> {
  if (body instanceof Uint8Array) return bufferOf(body);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk as Buffer);
  } catch (error) {
    throw storeFailure(error, kind);
  }
  return Buffer.concat(chunks);
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
