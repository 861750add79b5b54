import { abortSignalOf } from '../vector/end-signal.js';
import { discardAnswer } from './read-answer.js';
import type { StoreAnswer, StoreCall } from './store-call.js';

export interface Hedge {
  /** Milliseconds without an answer after which a second call is made beside the first; 0 makes none. */
  readonly afterMs: number;
  /** Whether the second call may be made now; asked at most once. */
  readonly mayBegin: () => boolean;
  /** Told when the second call was the quicker one. */
  readonly won: () => void;
}

type Send = (call: StoreCall) => Promise<StoreAnswer>;

/** One of the two calls, which the other one ends. */
class HedgedCall {
  readonly answer: Promise<StoreAnswer>;
  private readonly controller = new AbortController();

  constructor(call: StoreCall, send: Send) {
    const signals = [this.controller.signal, ...(call.signal ? [abortSignalOf(call.signal)] : [])];
    this.answer = send({ ...call, signal: AbortSignal.any(signals) });
  }

  giveUp(): void {
    this.answer.then(discardAnswer, () => undefined);
    this.controller.abort(new Error('the other call was quicker'));
  }
}

/**
 * A call that reads, hedged: where its answer is late a second one is made, the first answer is taken, and
 * the other call is given up (Dean and Barroso, "The Tail at Scale", Communications of the ACM 56, 2013).
 * Rejects as the only call does, or as the second one when both failed.
 */
export async function hedgedRead(
  call: StoreCall,
  send: Send,
  { afterMs, mayBegin, won }: Hedge,
): Promise<StoreAnswer> {
  if (afterMs === 0) return send(call);
  const first = new HedgedCall(call, send);
  const late = await isLate(first.answer, afterMs);
  if (!late || call.signal?.aborted === true || !mayBegin()) return first.answer;
  const second = new HedgedCall(call, send);
  const winner = await quicker(first, second);
  if (winner === second) won();
  (winner === second ? first : second).giveUp();
  return winner.answer;
}

/** Whether the answer is still open after so many milliseconds. */
function isLate(answer: Promise<StoreAnswer>, afterMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, afterMs, true);
    const settled = () => {
      clearTimeout(timer);
      resolve(false);
    };
    answer.then(settled, settled);
  });
}

/** The call that has an answer first; the second one where none has. */
async function quicker(first: HedgedCall, second: HedgedCall): Promise<HedgedCall> {
  const named = [first, second].map((each) => each.answer.then(() => each));
  return Promise.any(named).catch(() => second);
}
