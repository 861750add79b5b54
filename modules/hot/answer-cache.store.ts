import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { HotConfig } from './hot.config.js';

/** Fixed cost of one entry: its key's header, the map slot and the answer's own object. */
const ENTRY_OVERHEAD_BYTES = 256;
/** One answer may take at most this share of the cache. */
const LARGEST_SHARE = 0.05;

/** Finished answers by collection version and exact request; least recently used ones go first. */
@Injectable()
export class AnswerCache {
  private readonly answers: LRUCache<string, Uint8Array>;
  readonly maxAnswerBytes: number;

  constructor(config: HotConfig) {
    this.maxAnswerBytes = Math.floor(config.maxAnswerCacheBytes * LARGEST_SHARE);
    this.answers = new LRUCache({
      maxSize: config.maxAnswerCacheBytes,
      sizeCalculation: (answer, key) => answer.byteLength + key.length + ENTRY_OVERHEAD_BYTES,
    });
  }

  get(key: string): Uint8Array | undefined {
    return this.answers.get(key);
  }

  set(key: string, answer: Uint8Array): void {
    if (answer.byteLength <= this.maxAnswerBytes) this.answers.set(key, answer);
  }

  get entries(): number {
    return this.answers.size;
  }

  get bytes(): number {
    return this.answers.calculatedSize;
  }
}
