import { VectorSource } from './dataset.js';
import type { Slot } from './request-template.js';

/** A vector to ask about. */
export interface QueryVector {
  /** What the text tells as long as its digits are zeros, in single precision. */
  readonly vector: Float32Array;
  readonly text: string;
  readonly slots: readonly Slot[];
}

const STAMPED_COMPONENTS = 3;
const STAMP_DIGITS = 3;
const STAMP_BASE = 10 ** STAMP_DIGITS;

/**
 * Vectors as clients print them, 16 KB each. Three of the components end in digits that tell the number of
 * the request, so that 10 ^ 9 different vectors come of each, none further than 0.002 from it.
 */
export function queryPool(seed: number, size: number): readonly QueryVector[] {
  const source = new VectorSource(seed, 1);
  return Array.from({ length: size }, () => queryVector(source.next()));
}

function queryVector(drawn: Float32Array): QueryVector {
  const vector = drawn.slice();
  const slots: Slot[] = [];
  let text = '[';
  vector.forEach((value, index) => {
    if (index > 0) text += ',';
    if (index >= STAMPED_COMPONENTS) {
      text += String(value);
      return;
    }
    const coarse = value.toFixed(STAMP_DIGITS);
    text += coarse + '0'.repeat(STAMP_DIGITS);
    vector[index] = Number(coarse);
    const unit = STAMP_BASE ** index;
    const valueOf = (number: number) => Math.floor(number / unit) % STAMP_BASE;
    slots.push({ offset: text.length - STAMP_DIGITS, digits: STAMP_DIGITS, valueOf });
  });
  return { vector, text: `${text}]`, slots };
}
