import type { HotReply } from './hot-protocol.js';

/** Up to so many bytes are copied: to give memory away takes 7 µs, in which two threads copy as many. */
const COPIED_BYTES = 32 * 1024;
const NONE: readonly ArrayBuffer[] = [];

/** The memory of a reply that passes to the other thread instead of being copied. */
export function movedMemory(reply: HotReply): readonly ArrayBuffer[] {
  return 'result' in reply && reply.result instanceof Uint8Array ? movedBytes(reply.result) : NONE;
}

/** The same of bytes that have their memory to themselves. */
export function movedBytes(bytes: Uint8Array): readonly ArrayBuffer[] {
  return bytes.byteLength > COPIED_BYTES ? [bytes.buffer as ArrayBuffer] : NONE;
}
