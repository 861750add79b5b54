import { setTimeout as sleep } from 'node:timers/promises';
import { callJson, getJson } from '../support/http.js';
import { SETTLE_MS, type RunningTidegate } from './running-tidegate.js';
import type { Operation } from './steps.js';
import type { Tally } from './tally.js';
import type { TrackedCollection } from './tracked-collection.js';

const MIRROR_LIMIT_MS = SETTLE_MS + 1_500;
const RECONCILE_LIMIT_MS = 20_000;
const PAUSE_MS = 25;
/** What operators are told of a collection that nobody has used since the start. */
const UNKNOWN_COLLECTION = /nobody has asked for or written/;

/** What operators see of a collection, as far as it matters here. */
interface CollectionReport {
  readonly id: string;
  readonly state: string;
  readonly heldForMs: number;
}

/** What operators can do about mirrors, and waiting for them. */
export class MirrorControl {
  constructor(
    private readonly tidegate: RunningTidegate,
    private readonly tally: Tally,
  ) {}

  /**
   * What is dropped is wanted again at once: else there would be no mirror for a minute.
   * @returns whether it was done, or begun
   */
  async operate(collection: TrackedCollection, operation: Operation): Promise<boolean> {
    const done = await this.ask(collection, operation);
    return operation === 'drop' ? done && (await this.ask(collection, 'warm')) : done;
  }

  /** Resolves when no mirror lacks what was written past Tidegate before the call. */
  async reconcile(collection: TrackedCollection): Promise<void> {
    const writtenMs = performance.now();
    const deadline = writtenMs + RECONCILE_LIMIT_MS;
    for (;;) {
      if (performance.now() > deadline) throw collection.failure('it was not reconciled in time');
      // Where a warm-up failed, there would be no mirror for a minute.
      if (!(await this.ask(collection, 'reconcile'))) await this.ask(collection, 'warm');
      // A mirror that is young enough was compared, or filled, since then.
      if ((await collection.wake(performance.now() - writtenMs)) === 'mirror') return;
      if (collection.possible.isEmpty && (await this.hasNone(collection))) return;
      await sleep(PAUSE_MS);
    }
  }

  /** Whether it has no mirror, for want of records or of the collection; one that it gets is filled anew. */
  private async hasNone(collection: TrackedCollection): Promise<boolean> {
    const report = await this.report(collection);
    return report !== 'unknown' && (report === undefined || report.state === 'refused');
  }

  /** Reads until the mirror answers. @returns false where it cannot be had, or not in time */
  async awaitMirror(collection: TrackedCollection): Promise<boolean> {
    if (collection.possible.isEmpty) return false;
    const deadline = performance.now() + MIRROR_LIMIT_MS;
    while (performance.now() < deadline) {
      const tier = await collection.wake();
      if (tier === 'mirror') return true;
      if (tier !== undefined && (await this.isHopeless(collection))) break;
      await sleep(PAUSE_MS);
    }
    this.tally.count('mirrors not had');
    return false;
  }

  private async ask(collection: TrackedCollection, operation: Operation): Promise<boolean> {
    const path = `/operations/v1/sync/${collection.id}/${operation}`;
    const reply = await callJson(await this.tidegate.url(), 'POST', path).catch(() => undefined);
    collection.tell(`operators ask for ${operation}: ${reply?.status ?? 'no answer'}`);
    if (reply?.status === 404 && !UNKNOWN_COLLECTION.test(reply.text)) {
      throw collection.failure(`${operation} cannot be asked for: ${reply.text}`);
    }
    if (reply) this.tally.count(`operations ${operation}`);
    return reply?.status === 202;
  }

  /** A warm-up failed and is not tried again soon. */
  private async isHopeless(collection: TrackedCollection): Promise<boolean> {
    const report = await this.report(collection);
    if (report === undefined || report === 'unknown') return false;
    return report.state !== 'settling' && report.heldForMs > MIRROR_LIMIT_MS / 2;
  }

  /** What operators see of it; undefined where it is not listed, `unknown` without an answer. */
  private async report({ id }: TrackedCollection): Promise<CollectionReport | undefined | 'unknown'> {
    const path = '/operations/v1/collections';
    const reply = await getJson(await this.tidegate.url(), path).catch(() => undefined);
    if (reply?.status !== 200) return 'unknown';
    const { collections } = reply.json as { readonly collections: readonly CollectionReport[] };
    return collections.find((each) => each.id === id);
  }
}
