/**
 * The SAMPLE embedder of the quickstart; it is not Tidegate's embedding, for Tidegate has none: clients
 * bring their own vectors. It knows spelling only, no meaning, and exists so that the quickstart needs
 * neither a model nor a network.
 */

const DIMENSIONS = 256;
/** A word goes to several dimensions: two words that share one by chance still differ in the others. */
const PLACES_OF_A_WORD = ['1:', '2:', '3:', '4:'];
const WORD_WEIGHT = 0.5;
const GRAM_WEIGHT = 0.35;
/** Words that stand in nearly every text would otherwise make all texts alike. */
const FREQUENT_WORD_SHARE = 0.1;
const FREQUENT_WORDS = new Set(
  'a an and any are as at be by for from has have in into is it its of on one or the to with'.split(' '),
);

/**
 * Turns a text into a vector of 256 numbers of length 1: words and their pieces of three and four letters,
 * each hashed to dimensions and signs. The same text always gives the same vector. A text without
 * any letter or digit gives the first axis, since a vector of zeros has no cosine distance.
 */
export function sampleEmbedding(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const share = FREQUENT_WORDS.has(word) ? FREQUENT_WORD_SHARE : 1;
    for (const place of PLACES_OF_A_WORD) addFeature(vector, place + word, share * WORD_WEIGHT);
    for (const gram of gramsOf(word)) addFeature(vector, gram, share * GRAM_WEIGHT);
  }
  return toUnitLength(vector);
}

function addFeature(vector: number[], feature: string, weight: number): void {
  const hash = hashOf(feature);
  const dimension = hash % DIMENSIONS;
  const signed = hash >>> 31 === 0 ? weight : -weight;
  vector[dimension] = (vector[dimension] ?? 0) + signed;
}

/** The brackets keep a piece at the start or the end of a word apart from the same piece within one. */
function gramsOf(word: string): string[] {
  const letters = Array.from(`<${word}>`);
  return [3, 4].flatMap((size) =>
    letters.slice(size - 1).map((_, start) => letters.slice(start, start + size).join('')),
  );
}

/** FNV-1a with a last mixing step: without it the sign and the dimension would hang together. */
function hashOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < feature.length; at += 1) {
    hash = Math.imul(hash ^ feature.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function toUnitLength(vector: readonly number[]): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (length === 0) return vector.map((_, dimension) => (dimension === 0 ? 1 : 0));
  return vector.map((value) => Math.fround(value / length));
}
