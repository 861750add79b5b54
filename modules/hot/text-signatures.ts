import { SlotSet } from './slot-set.js';

/** Bits of a signature. A document of 1 KB sets about half of them, one of 200 bytes a sixth. */
const ROWS = 1_024;
/** Slots of one page: a page's row is read word by word. */
const PAGE_SLOTS = 1_024;
const PAGE_WORDS = PAGE_SLOTS / 32;
const PAGE_BYTES = ROWS * PAGE_WORDS * Uint32Array.BYTES_PER_ELEMENT;
const GRAM_BYTES = 3;

/**
 * For each slot a signature of its text: one bit for every three bytes in a row, by their hash, kept bit by
 * bit over all slots. So the slots that may hold a text are found by intersecting the rows of its own bits:
 * those that lack one cannot. (Bit-sliced signature files: Zobel, Moffat, Ramamohanarao, "Inverted files
 * versus signature files for text indexing", TODS 1998.)
 */
export class TextSignatures {
  private readonly pages: Uint32Array[] = [];

  get bytes(): number {
    return this.pages.length * PAGE_BYTES;
  }

  /** Bytes that signatures of all slots below `size` would take beyond. */
  growth(size: number): number {
    return Math.max(0, Math.ceil(size / PAGE_SLOTS) - this.pages.length) * PAGE_BYTES;
  }

  /** Adds the text's bits to the slot's; those of an earlier text stay. */
  add(slot: number, text: Uint8Array, start: number, end: number): void {
    const page = this.pageOf(slot);
    const word = (slot % PAGE_SLOTS) >>> 5;
    const bit = 1 << (slot & 31);
    for (let at = start; at + GRAM_BYTES <= end; at++) {
      const index = rowOf(text, at) * PAGE_WORDS + word;
      page[index] = (page[index] ?? 0) | bit;
    }
  }

  /** Slots below `size` that may hold the text; all of them for a text too short to tell. */
  candidates(size: number, text: Uint8Array): SlotSet {
    const slots = new SlotSet(size).invert();
    for (const row of rowsOf(text)) {
      slots.keepWords((word) => {
        const page = this.pages[Math.floor(word / PAGE_WORDS)];
        return page?.[row * PAGE_WORDS + (word % PAGE_WORDS)] ?? 0;
      });
    }
    return slots;
  }

  private pageOf(slot: number): Uint32Array {
    const number = Math.floor(slot / PAGE_SLOTS);
    while (this.pages.length <= number) this.pages.push(new Uint32Array(ROWS * PAGE_WORDS));
    return this.pages[number] ?? new Uint32Array(0);
  }
}

function rowsOf(text: Uint8Array): Set<number> {
  const rows = new Set<number>();
  for (let at = 0; at + GRAM_BYTES <= text.length; at++) rows.add(rowOf(text, at));
  return rows;
}

/** Multiplicative hashing (Knuth, The Art of Computer Programming, volume 3, 6.4), its ten upper bits. */
function rowOf(text: Uint8Array, at: number): number {
  const gram = ((text[at] ?? 0) << 16) | ((text[at + 1] ?? 0) << 8) | (text[at + 2] ?? 0);
  return Math.imul(gram, 0x9e3779b1) >>> 22;
}
