import { Ending, type EndSignal } from '../vector/end-signal.js';

/** One execution on its way, for all who asked for the same. */
export class Flight {
  /** Ends when every caller is gone. */
  readonly signal = new Ending();
  private staying = 0;

  constructor(
    readonly startedMs: number,
    private latestMs: number,
    private readonly onAbandoned: () => void,
  ) {}

  /** Milliseconds of the monotonic clock after which none of its callers waits any more. */
  get deadlineMs(): number {
    return this.latestMs;
  }

  /** @param gone ends when this caller goes away; a caller without one stays to the end */
  board(gone: EndSignal | undefined, deadlineMs: number): void {
    this.staying++;
    this.latestMs = Math.max(this.latestMs, deadlineMs);
    if (gone?.aborted) this.leave();
    else gone?.addEventListener('abort', this.leave, { once: true });
  }

  private readonly leave = (): void => {
    this.staying--;
    if (this.staying > 0) return;
    this.onAbandoned();
    this.signal.end(new Error('every caller is gone'));
  };
}

/** What one caller gets of a flight. */
export interface Passage<T> {
  readonly result: Promise<T>;
  /** Another caller had it started. */
  readonly joined: boolean;
}

/** Who asks, and for what. */
export interface Boarding {
  /** The same for whatever has the same answer. */
  readonly key: string;
  /** Milliseconds of the monotonic clock: a flight that started before does not suit this caller. */
  readonly notBeforeMs: number;
  readonly gone: EndSignal | undefined;
  /** When it stops waiting. */
  readonly deadlineMs: number;
}

interface Entry<T> {
  readonly flight: Flight;
  readonly result: Promise<T>;
}

/**
 * Executions that are under way, by key: whoever asks for the same meanwhile gets the same result, or the
 * same error. An execution that has ended, or that all callers left, takes nobody in any more.
 */
export class Flights<T> {
  private readonly underWay = new Map<string, Entry<T>>();

  get size(): number {
    return this.underWay.size;
  }

  board(boarding: Boarding, execute: (flight: Flight) => Promise<T>): Passage<T> {
    const { key, notBeforeMs, gone, deadlineMs } = boarding;
    const found = this.underWay.get(key);
    if (found !== undefined && found.flight.startedMs >= notBeforeMs) {
      found.flight.board(gone, deadlineMs);
      return { result: found.result, joined: true };
    }
    return { result: this.start(boarding, execute), joined: false };
  }

  private start(boarding: Boarding, execute: (flight: Flight) => Promise<T>): Promise<T> {
    const { key, gone, deadlineMs } = boarding;
    const end = () => {
      if (this.underWay.get(key)?.flight === flight) this.underWay.delete(key);
    };
    const flight = new Flight(performance.now(), deadlineMs, end);
    const result = execute(flight);
    this.underWay.set(key, { flight, result });
    result.then(end, end);
    flight.board(gone, deadlineMs);
    return result;
  }
}
