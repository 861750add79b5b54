import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds after which work lets others in. */
export const TURN_MS = 1;

/** Goes on with work until it is done or its turn is over. */
export function takeTurn<T>(work: Generator<void, T>): IteratorResult<void, T> {
  const end = performance.now() + TURN_MS;
  let step = work.next();
  while (!step.done && performance.now() < end) step = work.next();
  return step;
}

/** Does work in turns, unless what it is for is closed meanwhile. @throws Error then */
export async function inTurns<T>(open: { readonly closed: boolean }, work: Generator<void, T>): Promise<T> {
  for (;;) {
    const step = takeTurn(work);
    if (step.done) return step.value;
    await nextTurn();
    if (open.closed) giveUp(work);
  }
}

/** Lets work that will not go on give back what it holds. */
function giveUp(work: Generator<void, unknown>): never {
  const closed = new Error('this mirror was closed');
  work.throw(closed);
  throw closed;
}
