import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { HotConfig } from './hot.config.js';

/**
 * Fixed cost of one entry, its objects on the heap and the allocator's share: as measured in resident memory
 * with 100,000 answers of 300 bytes (800) and of 3,000 (400).
 */
const ENTRY_OVERHEAD_BYTES = 600;
/** One answer may take at most this share of the cache. */
const LARGEST_SHARE = 0.05;

/** An answer, and since when (milliseconds of the monotonic clock) writes around Tidegate may be missing. */
export interface CachedAnswer {
  /** Of the collection before the answer was asked for: it is true while the collection has it. */
  readonly version: number;
  readonly body: Uint8Array;
  readonly freshAtMs: number;
}

/**
 * The last answer to each exact request, of whatever version; least recently used ones go first. Whoever
 * reads it compares versions: what is of an earlier one is only for when ChromaDB is away.
 */
@Injectable()
export class AnswerCache {
  private readonly answers: LRUCache<string, CachedAnswer>;
  readonly maxAnswerBytes: number;

  constructor(config: HotConfig) {
    this.maxAnswerBytes = Math.floor(config.maxAnswerCacheBytes * LARGEST_SHARE);
    this.answers = new LRUCache({
      maxSize: config.maxAnswerCacheBytes,
      sizeCalculation: ({ body }, key) => body.byteLength + key.length + ENTRY_OVERHEAD_BYTES,
    });
  }

  get(key: string): CachedAnswer | undefined {
    return this.answers.get(key);
  }

  /** The same for an onlooker: the answer does not count as used. */
  peek(key: string): CachedAnswer | undefined {
    return this.answers.peek(key);
  }

  set(key: string, answer: CachedAnswer): void {
    if (answer.body.byteLength > this.maxAnswerBytes) return;
    // What took long must not replace what was asked for later.
    if ((this.answers.peek(key)?.version ?? 0) <= answer.version) this.answers.set(key, answer);
  }

  get entries(): number {
    return this.answers.size;
  }

  get bytes(): number {
    return this.answers.calculatedSize;
  }
}
