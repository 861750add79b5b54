import { patternWeight } from '../vector/pattern-weight.js';
import type { Placed } from './byte-arena.js';
import { compilePattern, forgetPattern } from './document-pattern.store.js';

/** The worker answers nothing else meanwhile; beyond, ChromaDB answers. */
const PATTERNS_LIMIT_MS = 50;
/**
 * Bytes of one document times the pattern's weight, which no look at the clock interrupts: at most about 5 ns
 * each (2 cores, AMD EPYC), so that the largest documents take 100 ms with the worst of patterns.
 */
const MAX_WORK = 25_000_000;
/** Weight of the least pattern: `\b.` takes 1 µs a byte where there are letters beyond ASCII. */
const BASE_WEIGHT = 250;
const BACKSLASH = 0x5c;

/** Whether a document, as JSON text, matches; undefined when that is ChromaDB's to find out. */
export type DocumentTest = (document: Placed) => boolean | undefined;

/** The regular expressions of one search, which share its time. */
export class PatternSearch {
  private readonly endMs: number;

  /** @param nowMs the clock, in milliseconds */
  constructor(private readonly nowMs = () => performance.now()) {
    this.endMs = nowMs() + PATTERNS_LIMIT_MS;
  }

  /**
   * To be called for each pattern of a filter, also where no document will be tested: ChromaDB refuses a
   * filter for any pattern that is none.
   * @returns undefined when ChromaDB must be asked: it may refuse the pattern, or time is up
   */
  tester(pattern: string): DocumentTest | undefined {
    const weight = patternWeight(pattern);
    const compiled = weight === undefined || this.isOver() ? undefined : compilePattern(pattern);
    if (weight === undefined || compiled === undefined) return undefined;
    const maxBytes = MAX_WORK / (BASE_WEIGHT + weight);
    return (document) => {
      if (this.isOver() || document.end - document.start > maxBytes) return undefined;
      try {
        return compiled.test(utf8Of(document));
      } catch {
        forgetPattern(pattern);
        return undefined;
      }
    };
  }

  private isOver(): boolean {
    return this.nowMs() > this.endMs;
  }
}

/** The text between the quotes; where there are escapes, what they stand for. */
function utf8Of({ chunk, start, end }: Placed): Uint8Array {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset + start + 1, end - start - 2);
  return text.includes(BACKSLASH) ? Buffer.from(JSON.parse(`"${text.toString('utf8')}"`) as string) : text;
}
