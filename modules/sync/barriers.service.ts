import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ChromaRecords } from '../chroma/chroma-records.service.js';
import type { CollectionTarget } from '../vector/collection-id.js';
import { TidegateError } from '../vector/errors.js';

/** The rest after a failure; twice as long after each further one, until one passes. */
const FIRST_REST_MS = 100;
const MAX_REST_MS = 1_000;

/** Barriers under way at a time. */
const AT_ONCE = 4;

/**
 * Barriers of all collections, a few at a time, and with a rest after failures. ChromaDB serialises its
 * writes, and does not give one up because its caller did: a barrier that it did not answer in time still
 * lies before the next one, so that many would keep it from ever working them off.
 */
@Injectable()
export class Barriers implements OnModuleDestroy {
  private restMs = FIRST_REST_MS;
  private stopped = false;
  private readonly goOn = new Set<() => void>();
  private readonly queues: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
  private turn = 0;
  /** The next barrier to be sent of those that any collection may share. */
  private shared: Promise<void> | undefined;

  constructor(private readonly records: ChromaRecords) {}

  onModuleDestroy(): void {
    this.stopped = true;
    for (const goOn of this.goOn) goOn();
  }

  /**
   * Resolves when ChromaDB has applied everything that it had logged for the collection.
   * @throws TidegateError `not-found` when there is no such collection; or as its call failed
   */
  pass(target: CollectionTarget): Promise<void> {
    return this.inTurn(() => this.send(target));
  }

  /**
   * Resolves when ChromaDB has acknowledged a write that was sent after the call, to this collection or to
   * another one whose call waited at the same time.
   * @throws as `pass`; `store-failed` when the barrier of that other collection failed
   */
  works(target: CollectionTarget): Promise<void> {
    if (this.shared) return this.shared.catch((error: unknown) => this.afterFailure(target, error));
    const passed = this.inTurn(() => {
      this.shared = undefined;
      return this.send(target);
    });
    this.shared = passed;
    return passed;
  }

  private inTurn(send: () => Promise<void>): Promise<void> {
    const queue = this.turn++ % AT_ONCE;
    const passed = (this.queues[queue] ?? Promise.resolve()).then(send);
    this.queues[queue] = passed.catch((error: unknown) => this.rest(error));
    return passed;
  }

  /** What is gone tells only of itself. */
  private afterFailure(target: CollectionTarget, cause: unknown): Promise<void> {
    if (isGone(cause)) return this.works(target);
    throw new TidegateError('store-failed', 'a barrier of another collection failed', 'try again', { cause });
  }

  private async send(target: CollectionTarget): Promise<void> {
    if (this.stopped)
      throw new TidegateError('store-unreachable', 'Tidegate is shutting down', 'start it again');
    await this.records.barrier(target);
    this.restMs = FIRST_REST_MS;
  }

  private async rest(error: unknown): Promise<void> {
    if (isGone(error)) return;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        this.goOn.delete(goOn);
        resolve();
      };
      this.goOn.add(goOn);
      setTimeout(goOn, this.restMs).unref();
    });
    this.restMs = Math.min(2 * this.restMs, MAX_REST_MS);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof TidegateError && error.code === 'not-found';
}
