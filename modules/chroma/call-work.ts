import type { WorkClass } from '../admission/quiet-latencies.js';
import type { StoreCall } from './store-call.js';

/**
 * What kind of work a call is for ChromaDB: the finer class is one path, which names collection and
 * operation, with bodies of about one size (within a factor of four); the coarser one leaves the collection
 * out.
 */
export function workOf({ method, path, body }: StoreCall): WorkClass {
  const bytes = body instanceof Uint8Array ? body.byteLength : 0;
  const size = (32 - Math.clz32(bytes)) >> 1;
  const query = path.indexOf('?');
  const plain = query < 0 ? path : path.slice(0, query);
  return {
    fine: `${method} ${plain} ${size}`,
    coarse: `${method} ${plain.slice(plain.lastIndexOf('/'))} ${size}`,
  };
}
