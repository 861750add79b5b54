import { Injectable } from '@nestjs/common';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import { LatencyWindow } from '../telemetry/latency-window.js';
import type { Tier } from './decide-route.js';
import { NO_PACE, type Pace } from './pace.js';

/** One query in so many may be spent on finding out how fast the other tier is. */
const QUERIES_PER_EXPLORATION = 20;

/** How fast each tier answered of late; of mirrored collections also one by one, to compare like with like. */
@Injectable()
export class TierPaces {
  private readonly overall: Readonly<Record<Tier, LatencyWindow>> = {
    'answer-cache': new LatencyWindow(),
    mirror: new LatencyWindow(),
    chroma: new LatencyWindow(),
  };
  /** Lives as long as the mirror does. */
  private readonly byMirror = new WeakMap<MirrorHandle, CollectionPace>();

  /** @param mirror of the collection, if it has one */
  record(tier: Tier, mirror: MirrorHandle | undefined, durationMs: number): void {
    const nowMs = performance.now();
    this.overall[tier].record(durationMs, nowMs);
    if (mirror && tier !== 'answer-cache') this.collection(mirror)[tier].record(durationMs, nowMs);
  }

  /** A ChromaDB that fails is not fast: what it took before says nothing any more. */
  chromaFailed(mirror: MirrorHandle | undefined): void {
    if (mirror) this.collection(mirror).chroma.clear();
  }

  /** What to decide by for the next query of the collection. */
  next(mirror: MirrorHandle | undefined): Pace {
    return mirror ? this.collection(mirror).next() : NO_PACE;
  }

  /** The same for an onlooker. */
  peek(mirror: MirrorHandle | undefined): Pace {
    return mirror ? this.collection(mirror).read(false) : NO_PACE;
  }

  decided(mirror: MirrorHandle | undefined, mirrorSlower: boolean): void {
    if (mirror) this.collection(mirror).mirrorWasSlower = mirrorSlower;
  }

  /** Median milliseconds: of the collection where they are known, else of all. */
  expectedMs(pace: Pace): Partial<Record<Tier, number>> {
    const nowMs = performance.now();
    const { overall } = this;
    const found: Partial<Record<Tier, number>> = {};
    const set = (tier: Tier, ms: number | undefined) => {
      if (ms !== undefined) found[tier] = ms;
    };
    set('answer-cache', overall['answer-cache'].read(nowMs).p50Ms);
    set('mirror', pace.mirror.p50Ms ?? overall.mirror.read(nowMs).p50Ms);
    set('chroma', pace.chroma.p50Ms ?? overall.chroma.read(nowMs).p50Ms);
    return found;
  }

  private collection(mirror: MirrorHandle): CollectionPace {
    const known = this.byMirror.get(mirror);
    if (known) return known;
    const fresh = new CollectionPace();
    this.byMirror.set(mirror, fresh);
    return fresh;
  }
}

class CollectionPace {
  readonly mirror = new LatencyWindow();
  readonly chroma = new LatencyWindow();
  mirrorWasSlower = false;
  private queries = 0;

  next(): Pace {
    this.queries = (this.queries + 1) % QUERIES_PER_EXPLORATION;
    return this.read(this.queries === 0);
  }

  read(explorationDue: boolean): Pace {
    const nowMs = performance.now();
    const { mirrorWasSlower } = this;
    return {
      mirror: this.mirror.read(nowMs),
      chroma: this.chroma.read(nowMs),
      mirrorWasSlower,
      explorationDue,
    };
  }
}
