import { Injectable } from '@nestjs/common';
import type { MirrorHandle } from '../hot/mirrors.service.js';
import { LatencyWindow, NO_READING } from '../telemetry/latency-window.js';
import type { TrueTier } from './decide-route.js';
import { NO_PACE, type Pace } from './pace.js';

/** One query in so many may be spent on finding out how fast the other tier is. */
const QUERIES_PER_EXPLORATION = 20;
/** Milliseconds for which a ChromaDB that failed is not preferred to a mirror, however fast it is again. */
const DISTRUST_MS = 10_000;

/** How fast each tier answered of late; mirrored collections also one by one, to compare like with like. */
@Injectable()
export class TierPaces {
  private readonly overall: Readonly<Record<TrueTier, LatencyWindow>> = {
    'answer-cache': new LatencyWindow(),
    mirror: new LatencyWindow(),
    chroma: new LatencyWindow(),
  };
  /** Lives as long as the mirror does. */
  private readonly byMirror = new WeakMap<MirrorHandle, CollectionPace>();
  private chromaFailedAtMs = Number.NEGATIVE_INFINITY;

  /** @param mirror of the collection, if it has one */
  record(tier: TrueTier, mirror: MirrorHandle | undefined, durationMs: number): void {
    const nowMs = performance.now();
    this.overall[tier].record(durationMs, nowMs);
    if (mirror && tier !== 'answer-cache') this.collection(mirror)[tier].record(durationMs, nowMs);
  }

  /** What ChromaDB took before it failed says nothing for a while. */
  chromaFailed(): void {
    this.chromaFailedAtMs = performance.now();
  }

  /** What to decide by for the next query of the collection. */
  next(mirror: MirrorHandle | undefined): Pace {
    return mirror ? this.pace(mirror, this.collection(mirror).explorationDue()) : NO_PACE;
  }

  /** The same for an onlooker. */
  peek(mirror: MirrorHandle | undefined): Pace {
    return mirror ? this.pace(mirror, false) : NO_PACE;
  }

  decided(mirror: MirrorHandle | undefined, mirrorSlower: boolean): void {
    if (mirror) this.collection(mirror).mirrorWasSlower = mirrorSlower;
  }

  /** Median milliseconds: of the collection where they are known, else of all. */
  expectedMs(pace: Pace): Partial<Record<TrueTier, number>> {
    const nowMs = performance.now();
    const { overall } = this;
    const found: Partial<Record<TrueTier, number>> = {};
    const set = (tier: TrueTier, ms: number | undefined) => {
      if (ms !== undefined) found[tier] = ms;
    };
    set('answer-cache', overall['answer-cache'].read(nowMs).p50Ms);
    set('mirror', pace.mirror.p50Ms ?? overall.mirror.read(nowMs).p50Ms);
    set('chroma', pace.chroma.p50Ms ?? overall.chroma.read(nowMs).p50Ms);
    return found;
  }

  private pace(mirror: MirrorHandle, explorationDue: boolean): Pace {
    const nowMs = performance.now();
    const pace = this.collection(mirror);
    const distrusted = nowMs - this.chromaFailedAtMs < DISTRUST_MS;
    return {
      mirror: pace.mirror.read(nowMs),
      chroma: distrusted ? NO_READING : pace.chroma.read(nowMs),
      mirrorWasSlower: pace.mirrorWasSlower,
      explorationDue: explorationDue && !distrusted,
    };
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

  explorationDue(): boolean {
    this.queries = (this.queries + 1) % QUERIES_PER_EXPLORATION;
    return this.queries === 0;
  }
}
