import { Injectable } from '@nestjs/common';
import { ChromaRecords, idsListed } from '../chroma/chroma-records.service.js';
import { Mirrors } from '../hot/mirrors.service.js';
import { Metrics } from '../telemetry/metrics.service.js';
import type { CollectionPass } from './collection-pass.js';
import { driftOfListing, driftOfRecords, type Drift } from './drift.js';
import { ReadBack } from './read-back.job.js';
import { ReadingShare } from './reading-share.js';
import { SyncConfig } from './sync.config.js';
import type { Look } from './write-watch.js';

/** Times that records are looked at while writes touch them; then writes are held back for one look. */
const MAX_DISTURBED_LOOKS = 3;

/**
 * Compares a mirror with the whole of its collection, and repairs what differs.
 *
 * Comparing changes nothing: what differs is read back once more, in turn with all other read-backs, so that
 * the reading that was compared never overwrites a newer one.
 */
@Injectable()
export class Comparison {
  private readonly share: ReadingShare;

  constructor(
    private readonly config: SyncConfig,
    private readonly records: ChromaRecords,
    private readonly mirrors: Mirrors,
    private readonly readBack: ReadBack,
    private readonly metrics: Metrics,
  ) {
    this.share = new ReadingShare(config.reconcileSharePercent);
  }

  /** To be called when a pass has become urgent. */
  hurry(): void {
    this.share.next();
  }

  /**
   * Ids and order first, as one consistent reading, then the contents page by page. Resolves when every
   * record was seen equal, or was repaired, since the pass began.
   * @param noticed called for each drift before it is repaired
   * @throws PassCalledOff; TidegateError when ChromaDB or the mirror fails
   */
  async run(of: CollectionPass, noticed: (drift: Drift) => void): Promise<void> {
    const { collection, pass } = of;
    // What an earlier pass found and could not repair.
    await this.readBack.flush(collection);
    let left = await this.compareListing(of, noticed);
    pass.records = left.length;
    for (let looks = 1; looks <= MAX_DISTURBED_LOOKS && left.length > 0; looks++) {
      left = await this.comparePages(of, left, false, noticed);
    }
    await this.comparePages(of, left, true, noticed);
    of.check();
  }

  /** @returns the ids whose records are to be compared */
  private async compareListing(
    of: CollectionPass,
    noticed: (drift: Drift) => void,
  ): Promise<readonly string[]> {
    for (let looks = 1; ; looks++) {
      const seen = await this.look(of, looks > MAX_DISTURBED_LOOKS, async (look) => {
        const listing = await this.records.listIds(of.collection.target);
        of.check();
        const ids = idsListed(listing);
        const places = await this.mirrors.locate(of.handle, listing);
        if (look.isBlind) return undefined;
        const drift = driftOfListing(ids, places, (id) => look.isTouched(id));
        // Those that were touched are looked at again, by their contents.
        return { drift, ids: [...new Set([...ids, ...look.touched])] };
      });
      if (seen === undefined) continue;
      await this.repair(of, seen.drift, noticed);
      return seen.ids;
    }
  }

  /**
   * @param alone whether writes are held back at each look
   * @returns those that could not be compared, as writes touched them
   */
  private async comparePages(
    of: CollectionPass,
    ids: readonly string[],
    alone: boolean,
    noticed: (drift: Drift) => void,
  ): Promise<readonly string[]> {
    const { pageRecords } = this.config;
    const left: string[] = [];
    for (let start = 0; start < ids.length; start += pageRecords) {
      const asked = ids.slice(start, start + pageRecords);
      const { drift, touched } = await this.look(of, alone, async (look) => {
        const page = await this.readBack.read(of.collection.target, asked);
        of.check();
        const differing = await this.mirrors.compare(of.handle, asked, page);
        return {
          drift: driftOfRecords(differing.filter(({ id }) => !look.isTouched(id))),
          touched: asked.filter((id) => look.isTouched(id)),
        };
      });
      await this.repair(of, drift, noticed);
      of.pass.compared += asked.length - touched.length;
      left.push(...touched);
    }
    return left;
  }

  /** Looks when the share of readings allows; what it tells counts only if the mirror is still the same. */
  private look<T>(of: CollectionPass, alone: boolean, see: (look: Look) => Promise<T>): Promise<T> {
    const { collection, pass } = of;
    const watched = async () => {
      of.check();
      const look = collection.writeWatch.look();
      try {
        const seen = await see(look);
        of.check();
        return seen;
      } finally {
        look.close();
      }
    };
    return this.share.run(
      () => pass.urgent,
      () => (alone ? collection.writeOrder.runAlone(watched) : watched()),
    );
  }

  private async repair(of: CollectionPass, drift: Drift, noticed: (drift: Drift) => void): Promise<void> {
    if (drift.records === 0) return;
    const { collection } = of;
    this.metrics.drift(drift.counts);
    noticed(drift);
    collection.noteDrift(drift);
    try {
      await this.readBack.flush(collection);
    } catch (error) {
      // The next read-back, or the next pass, has to do it.
      if (of.isCurrent) collection.noteDrift(drift);
      throw error;
    } finally {
      // Answers may have been kept that were given in between.
      collection.moveVersion();
    }
    collection.reconciliation.madeEqual(drift);
    this.metrics.driftRepaired(drift.records);
  }
}
