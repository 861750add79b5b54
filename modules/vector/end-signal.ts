/**
 * Tells that something ends, and why. An AbortSignal is one; but to make and to hear some of them takes
 * several µs of every request, so that what must be cheap is an `Ending`.
 */
export interface EndSignal {
  readonly aborted: boolean;
  /** Why it ended. */
  readonly reason: unknown;
  /** The listener is called at most once: nothing ends twice. */
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
  /** @throws the reason, once it ended */
  throwIfAborted(): void;
}

/** Something that ends at most once. Listeners are called in their order, and must not throw. */
export class Ending implements EndSignal {
  private cause: Error | undefined;
  private readonly listeners = new Set<() => void>();

  get aborted(): boolean {
    return this.cause !== undefined;
  }

  get reason(): Error | undefined {
    return this.cause;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.cause === undefined) this.listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners.delete(listener);
  }

  throwIfAborted(): void {
    if (this.cause) throw this.cause;
  }

  /** Ends it, if it has not ended yet. */
  end(reason: Error): void {
    if (this.cause !== undefined) return;
    this.cause = reason;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}

/** The same for who takes nothing but an AbortSignal. */
export function abortSignalOf(signal: EndSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  const abort = () => {
    controller.abort(signal.reason);
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
