import { TidegateError } from '../vector/errors.js';

/** A snapshot that is not as it was written, or not of this mirror; nothing of it was taken in. */
export class SnapshotRefused extends TidegateError {
  constructor(reason: string, options?: ErrorOptions) {
    super('snapshot-refused', reason, 'the mirror is filled from ChromaDB instead', options);
  }
}
