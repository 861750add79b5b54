import { Readable } from 'node:stream';
import { errors, type Dispatcher } from 'undici';
import { passedHeaders } from './header-passing.js';
import type { RawHeaders, StoreAnswer, StoreCall } from './store-call.js';

/** Bodies up to so many bytes are read whole: a stream costs more than holding them does. */
const WHOLE_BYTES = 1024 * 1024;

/**
 * Makes one call over kept connections. Resolves with the answer when its body, where that is short and tells
 * its length, is there as bytes; else when the headers are, the body being a stream.
 * Rejects with undici's errors, or what the call's signal was aborted with.
 */
export function requestStore(connections: Dispatcher, call: StoreCall): Promise<StoreAnswer> {
  const { method, path, headers, body } = call;
  return new Promise((resolve, reject) => {
    const receiver = new AnswerReceiver(call, resolve, reject);
    connections.dispatch({ method, path, headers: passedHeaders(headers), body }, receiver);
  });
}

/** Takes in one answer as undici reads it from the connection. */
class AnswerReceiver implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: RawHeaders = [];
  private readonly chunks: Buffer[] = [];
  /** Where the body passes as a stream. */
  private stream: Readable | undefined;

  constructor(
    private readonly call: StoreCall,
    private readonly resolve: (answer: StoreAnswer) => void,
    private readonly reject: (error: Error) => void,
  ) {
    call.signal?.addEventListener('abort', this.abort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.call.signal?.aborted) this.abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    { 'content-length': length }: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // Informational: another one follows.
    if (status < 200) return;
    this.status = status;
    this.headers = textsOf(controller.rawHeaders ?? []);
    // What answers HEAD has a length, and no body.
    const { method, wholeUpToBytes = WHOLE_BYTES } = this.call;
    if (method !== 'HEAD' && Number(length ?? Number.NaN) <= Math.max(wholeUpToBytes, WHOLE_BYTES)) return;
    this.stream = streamedBy(controller);
    this.resolve({ status, headers: this.headers, body: this.stream });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.stream === undefined) this.chunks.push(chunk);
    else if (!this.stream.push(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.leave();
    const { status, headers, chunks, stream } = this;
    if (stream) stream.push(null);
    // A copy: chunks are views of all that was read with them.
    else this.resolve({ status, headers, body: Buffer.concat(chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.leave();
    if (this.stream) this.stream.destroy(error);
    else this.reject(error);
  }

  /** Ends the wait at once, also where the request still waits for a connection. */
  private readonly abort = (): void => {
    const reason = this.call.signal?.reason as Error;
    this.controller?.abort(reason);
    this.reject(reason);
  };

  private leave(): void {
    this.call.signal?.removeEventListener('abort', this.abort);
  }
}

/** Reads on as its receiver does, and ends the call when that is gone. */
function streamedBy(controller: Dispatcher.DispatchController): Readable {
  return new Readable({
    read: () => {
      controller.resume();
    },
    destroy(error, done) {
      if (!this.readableEnded) controller.abort(error ?? new errors.RequestAbortedError());
      done(error);
    },
  });
}

function textsOf(raw: readonly (Buffer | string)[] | Readonly<Record<string, unknown>>): RawHeaders {
  return Array.isArray(raw) ? raw.map((text: Buffer | string) => text.toString('latin1')) : [];
}
