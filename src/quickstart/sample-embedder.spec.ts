import { describe, expect, it } from '@jest/globals';
import { sampleEmbedding } from './sample-embedder.js';

function cosine(one: string, other: string): number {
  const right = sampleEmbedding(other);
  return sampleEmbedding(one).reduce((sum, value, at) => sum + value * (right[at] ?? 0), 0);
}

function lengthOf(vector: readonly number[]): number {
  return Math.hypot(...vector);
}

describe('sampleEmbedding', () => {
  it('gives the same vector for the same text', () => {
    expect(sampleEmbedding('a warm wind from the sea')).toEqual(sampleEmbedding('a warm wind from the sea'));
  });

  it('gives 256 single-precision numbers of length 1', () => {
    const vector = sampleEmbedding('rain: water falling in drops from vapor condensed in the atmosphere');
    expect(vector).toHaveLength(256);
    expect(vector.every((value) => Math.fround(value) === value)).toBe(true);
    expect(lengthOf(vector)).toBeCloseTo(1, 5);
  });

  it('ignores capitals and punctuation', () => {
    expect(sampleEmbedding('Sea, breeze!')).toEqual(sampleEmbedding('sea breeze'));
  });

  it('puts texts that share words nearer than texts that do not', () => {
    const related = cosine('a bushy tail of a fox', 'fox: carnivorous mammal with a bushy tail');
    const unrelated = cosine('a bushy tail of a fox', 'volt: a unit of electrical potential');
    expect(related).toBeGreaterThan(unrelated + 0.2);
  });

  it('puts words of one stem nearer than words of different stems', () => {
    expect(cosine('swimming', 'swimmer')).toBeGreaterThan(cosine('swimming', 'mountain') + 0.2);
  });

  it('does not take frequent words for likeness', () => {
    expect(cosine('any of the rivers', 'any of the cakes')).toBeLessThan(0.5);
  });

  it.each(['', '   ', '...!?'])('gives the first axis for %j, which has nothing to hash', (text) => {
    const vector = sampleEmbedding(text);
    expect(vector[0]).toBe(1);
    expect(lengthOf(vector)).toBe(1);
  });
});
