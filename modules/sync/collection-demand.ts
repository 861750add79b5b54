import type { CollectionTarget } from '../vector/collection-id.js';
import { Heat } from './heat.js';
import type { Pin } from './pin.js';

/** Time after which an expected size is too old to keep a collection out: it may have shrunk since. */
const EXPECTATION_MS = 60_000;

/** What placement knows of one collection. Moments are milliseconds of the monotonic clock. */
export class CollectionDemand {
  pin: Pin = 'auto';
  readonly heat = new Heat();
  /** The path under which a mirror was last asked for, and when. */
  wanted: { readonly target: CollectionTarget; readonly atMs: number } | undefined;
  /** When the present mirror, or the last one, began to be filled. */
  mirroredSinceMs = 0;
  /** Bytes of a record's fields on average, as the last mirror had them. */
  fieldBytes: number | undefined;
  private expectation: { readonly bytes: number; readonly atMs: number } | undefined;

  /** Notes how many bytes a mirror of the collection holds or would hold. */
  expect(bytes: number): void {
    this.expectation = { bytes, atMs: performance.now() };
  }

  /** Bytes that a mirror would hold; 0 while that is unknown, or known from too long ago. */
  expectedBytes(): number {
    if (this.expectation === undefined) return 0;
    return performance.now() - this.expectation.atMs < EXPECTATION_MS ? this.expectation.bytes : 0;
  }
}
