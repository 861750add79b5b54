import { headerValue } from './header-passing.js';
import type { CallKind, StoreAnswer, StoreCall } from './store-call.js';
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

/** The answer with its body as the call wants it: read whole where it is small enough. */
export async function asWanted(
  answer: StoreAnswer,
  { kind, wholeUpToBytes }: StoreCall,
): Promise<StoreAnswer> {
  if (wholeUpToBytes === undefined) return answer;
  const length = Number(headerValue(answer.headers, 'content-length') ?? Number.POSITIVE_INFINITY);
  return length <= wholeUpToBytes ? { ...answer, body: await readAnswer(answer, kind) } : answer;
}

/** Lets go of an answer that nobody reads; its stream ends with an error that tells nothing. */
export function discardAnswer({ body }: Pick<StoreAnswer, 'body'>): void {
  if (!(body instanceof Uint8Array)) body.on('error', () => undefined).destroy();
}
