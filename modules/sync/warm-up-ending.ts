import type { Refusal } from './mirror-state.js';

/** The collection cannot be mirrored for now. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal);
  }
}

/** Something took the collection out of the hot tier while its mirror was being filled. */
export class CalledOff extends Error {
  constructor() {
    super('the warm-up was called off');
  }
}
