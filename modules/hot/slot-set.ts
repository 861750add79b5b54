export const SLOTS_PER_WORD = 32;

/** A set of record slots, as a bitmap. */
export class SlotSet {
  private readonly words: Uint32Array;

  constructor(readonly size: number) {
    this.words = new Uint32Array(Math.ceil(size / SLOTS_PER_WORD));
  }

  add(slot: number): void {
    const word = slot >>> 5;
    this.words[word] = (this.words[word] ?? 0) | (1 << (slot & 31));
  }

  /** Adds slots of the word, the first of them as its lowest bit. */
  addWord(word: number, bits: number): void {
    this.words[word] = (this.words[word] ?? 0) | bits;
  }

  remove(slot: number): void {
    const word = slot >>> 5;
    this.words[word] = (this.words[word] ?? 0) & ~(1 << (slot & 31));
  }

  has(slot: number): boolean {
    return (((this.words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
  }

  /** Keeps the slots that the other set has too. */
  intersect(other: SlotSet): this {
    for (let i = 0; i < this.words.length; i++) this.words[i] = (this.words[i] ?? 0) & (other.words[i] ?? 0);
    return this;
  }

  unite(other: SlotSet): this {
    for (let i = 0; i < this.words.length; i++) this.words[i] = (this.words[i] ?? 0) | (other.words[i] ?? 0);
    return this;
  }

  /** Keeps the slots whose bits are set in the words of 32 slots each that `wordAt` gives. */
  keepWords(wordAt: (word: number) => number): this {
    for (let i = 0; i < this.words.length; i++) this.words[i] = (this.words[i] ?? 0) & wordAt(i);
    return this;
  }

  /** Every slot below `size` that was not in the set, and none that was. */
  invert(): this {
    for (let i = 0; i < this.words.length; i++) this.words[i] = ~(this.words[i] ?? 0);
    const rest = this.size % SLOTS_PER_WORD;
    const last = this.words.length - 1;
    if (rest > 0) this.words[last] = (this.words[last] ?? 0) & ((1 << rest) - 1);
    return this;
  }

  count(): number {
    let count = 0;
    for (const word of this.words) count += bitsOf(word);
    return count;
  }

  /** Some slots of the set from all over it: one of each of `words` words, where the word has one. */
  sample(words: number): number[] {
    const stride = Math.max(1, Math.floor(this.words.length / words));
    const slots: number[] = [];
    for (let i = 0; i < this.words.length; i += stride) {
      const word = this.words[i] ?? 0;
      if (word !== 0) slots.push(i * SLOTS_PER_WORD + (31 - Math.clz32(word & -word)));
    }
    return slots;
  }

  /** The slots of the set in ascending order. */
  toArray(): number[] {
    const slots: number[] = [];
    for (let i = 0; i < this.words.length; i++) {
      let word = this.words[i] ?? 0;
      while (word !== 0) {
        slots.push(i * SLOTS_PER_WORD + (31 - Math.clz32(word & -word)));
        word &= word - 1;
      }
    }
    return slots;
  }
}

/** Population count, after Warren, Hacker's Delight, 5-1. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
