import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { ChromaReads } from '../chroma/chroma-reads.service.js';
import { headerValue } from '../chroma/header-passing.js';
import type { RawHeaders, StoreCall } from '../chroma/store-call.js';
import { isUnavailable } from '../chroma/store-failure.js';
import { AnswerCache } from '../hot/answer-cache.store.js';
import { TidegateError } from '../vector/errors.js';
import { credentialsKey, flightKey } from './answer-key.js';
import { Flights, type Flight } from './flights.js';
import type { Query, RoutedQuery } from './query.js';
import { TierPaces } from './tier-paces.store.js';

/** ChromaDB's answer: bytes where it was read whole, else a stream that its one receiver must read. */
interface StoreRead {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Readable | Uint8Array;
}

export interface ChromaAnswer extends StoreRead {
  /** Another caller had asked for it. */
  readonly joined: boolean;
}

/** ChromaDB as a tier: callers who ask the same at the same time share one call. */
@Injectable()
export class ChromaTier {
  private readonly flights = new Flights<StoreRead>();

  constructor(
    private readonly reads: ChromaReads,
    private readonly answers: AnswerCache,
    private readonly paces: TierPaces,
  ) {}

  /** @throws TidegateError `store-unreachable`, `store-timeout` or `store-failed` */
  async answer(routed: RoutedQuery): Promise<ChromaAnswer> {
    const { query } = routed;
    const key = flightKey(routed);
    if (key === undefined) return alone(await this.ask(routed, query.call));
    // What is too large to be kept is too large to be held for others: it streams through.
    const call = { ...query.call, wholeUpToBytes: this.answers.maxAnswerBytes };
    const boarding = {
      key: `${key}\n${credentialsKey(query.call)}`,
      notBeforeMs: earliestOf(query),
      gone: call.signal,
      deadlineMs: call.deadlineMs ?? Number.POSITIVE_INFINITY,
    };
    const { result, joined } = this.flights.board(boarding, (flight) =>
      this.ask(routed, sharedCall(call, flight)),
    );
    const answer = await result;
    // A stream is its first caller's alone.
    const shareable = !joined || answer.body instanceof Uint8Array;
    return shareable ? { ...answer, joined } : alone(await this.ask(routed, call));
  }

  private async ask(routed: RoutedQuery, call: StoreCall): Promise<StoreRead> {
    const startedMs = performance.now();
    const mirror = routed.view?.mirror;
    try {
      const answer = await this.reads.send(call);
      if (routed.key !== undefined && isGarbled(answer)) throw garbled();
      if (answer.status === 200) this.paces.record('chroma', mirror, performance.now() - startedMs);
      else if (isUnavailable(answer.status)) this.paces.chromaFailed();
      this.keep(routed, answer, startedMs);
      return answer;
    } catch (error) {
      if (call.signal?.aborted !== true) this.paces.chromaFailed();
      throw error;
    }
  }

  /** Keeps an answer that any caller can read, for the version that was seen before it was asked for. */
  private keep({ key, view }: RoutedQuery, { status, headers, body }: StoreRead, freshAtMs: number): void {
    const readable = headerValue(headers, 'content-encoding') === undefined;
    if (
      key === undefined ||
      view === undefined ||
      status !== 200 ||
      !readable ||
      !(body instanceof Uint8Array)
    )
      return;
    this.answers.set(key, { version: view.version, body, freshAtMs });
  }
}

/** Whether it says that it is JSON, is there whole, and is none: it must be neither kept nor shared. */
function isGarbled({ status, headers, body }: StoreRead): boolean {
  if (status !== 200 || !(body instanceof Uint8Array)) return false;
  if (headerValue(headers, 'content-encoding') !== undefined) return false;
  if (headerValue(headers, 'content-type')?.startsWith('application/json') !== true) return false;
  try {
    JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
    return false;
  } catch {
    return true;
  }
}

function garbled(): TidegateError {
  return new TidegateError('store-failed', 'what came from ChromaDB is no JSON', 'try again');
}

function alone(answer: StoreRead): ChromaAnswer {
  return { ...answer, joined: false };
}

/** Goes on as long as one of those who share it waits. */
function sharedCall(call: StoreCall, flight: Flight): StoreCall {
  return {
    ...call,
    signal: flight.signal,
    get deadlineMs() {
      return flight.deadlineMs;
    },
  };
}

/** A call that is under way for longer than the caller's bound may have been answered before that. */
function earliestOf({ maxStalenessMs }: Query): number {
  return maxStalenessMs === undefined ? Number.NEGATIVE_INFINITY : performance.now() - maxStalenessMs;
}
