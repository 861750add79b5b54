import { TidegateError } from '../vector/errors.js';

/** All mirrors together would hold more than they may; nothing was changed. */
export class MirrorFull extends TidegateError {
  /** @param moreBytes what the change would have taken at the most */
  constructor(readonly moreBytes: number) {
    super('mirror-full', `${moreBytes} bytes more do not fit`, 'raise TIDEGATE_HOT_MEMORY_MB or pin less');
  }
}
