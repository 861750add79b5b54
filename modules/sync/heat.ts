/** Who answered a query; queries that a tier of another name answered are not counted. */
export const ANSWERING_TIERS = ['answer-cache', 'mirror', 'chroma', 'stale'] as const;
export type AnsweringTier = (typeof ANSWERING_TIERS)[number];

/** Time in which what was counted loses half of its weight. */
export const HALF_LIFE_MS = 300_000;
/** Taken for the time of a tier while it has answered nothing: usual figures of a small collection. */
export const ASSUMED_CHROMA_MS = 6;
export const ASSUMED_MIRROR_MS = 1;
/**
 * What a mirror spares at the least, however slow it was for a while: ChromaDB's work, which others wait
 * for.
 */
export const LEAST_SAVED_MS = 0.5;
/** Times of the latest queries that are kept, to tell "several times within a window" from "once". */
export const KEPT_QUERY_TIMES = 3;

/**
 * How much a mirror of one collection is worth: the rate of its queries and the time that each one saves.
 * Both fade, so that a collection that nobody asks for any more makes room. Moments are milliseconds of the
 * monotonic clock and never run backwards.
 */
export class Heat {
  /** Answers by tier since the start. */
  readonly answers: Record<AnsweringTier, number> = { 'answer-cache': 0, mirror: 0, chroma: 0, stale: 0 };
  private readonly queries = new FadingSum();
  private readonly means = { mirror: new FadingMean(), chroma: new FadingMean() };
  /** Moments of the latest queries, the oldest first. */
  private latest: readonly number[] = [];

  /** Counts one answer. What the answer cache answers adds no heat: no mirror was needed for it. */
  answered(tier: AnsweringTier, milliseconds: number, nowMs: number): void {
    this.answers[tier]++;
    if (tier === 'answer-cache') return;
    this.queries.add(1, nowMs);
    // What an outage took says nothing of what a mirror spares.
    if (tier !== 'stale') this.means[tier].add(milliseconds, nowMs);
    this.latest = [...this.latest, nowMs].slice(-KEPT_QUERY_TIMES);
  }

  queriesPerSecond(nowMs: number): number {
    return (this.queries.at(nowMs) * Math.LN2 * 1_000) / HALF_LIFE_MS;
  }

  /** Milliseconds that the mirror spares one query, as far as is known. */
  get savedMs(): number {
    const { mirror, chroma } = this.means;
    return Math.max(
      LEAST_SAVED_MS,
      (chroma.value ?? ASSUMED_CHROMA_MS) - (mirror.value ?? ASSUMED_MIRROR_MS),
    );
  }

  /** Seconds spared each second, per byte of the mirror. */
  perByte(bytes: number, nowMs: number): number {
    return (this.queriesPerSecond(nowMs) * this.savedMs) / 1_000 / Math.max(1, bytes);
  }

  /** Queries within the window before `nowMs`; counts no further than `KEPT_QUERY_TIMES`. */
  askedWithin(windowMs: number, nowMs: number): number {
    return this.latest.filter((atMs) => atMs >= nowMs - windowMs).length;
  }
}

/** A sum whose parts lose half of their weight every half-life. */
class FadingSum {
  private sum = 0;
  private asOfMs = 0;

  add(amount: number, nowMs: number): void {
    this.sum = this.at(nowMs) + amount;
    this.asOfMs = nowMs;
  }

  at(nowMs: number): number {
    return this.sum * 2 ** ((this.asOfMs - nowMs) / HALF_LIFE_MS);
  }
}

/** A mean in which later values weigh more. */
class FadingMean {
  value: number | undefined;
  private readonly weight = new FadingSum();

  add(value: number, nowMs: number): void {
    this.weight.add(1, nowMs);
    const before = this.value ?? value;
    this.value = before + (value - before) / this.weight.at(nowMs);
  }
}
