import { describe, expect, it } from '@jest/globals';
import type { Include } from '../vector/read-request.js';
import type { AnsweredFields } from './answer-bytes.js';
import { isWithinLimits, MAX_ANSWER_BYTES } from './answer-limits.js';
import { ByteArena } from './byte-arena.js';

const arena = new ByteArena();
const id = arena.append(Buffer.from('"a"'), 0, 3);
const large = arena.append(Buffer.alloc(MAX_ANSWER_BYTES / 2), 0, MAX_ANSWER_BYTES / 2);
const record: AnsweredFields = {
  id,
  document: undefined,
  metadata: undefined,
  uri: undefined,
  vector: Float32Array.of(1),
};
const times = (count: number, each = record) => Array.from({ length: count }, () => each);

describe('isWithinLimits', () => {
  it.each<[Include, boolean]>([
    ['metadatas', false],
    ['uris', false],
    ['documents', true],
    ['embeddings', true],
  ])('allows as many records with %s as ChromaDB does', (name, more) => {
    expect(isWithinLimits(times(32_766), [name])).toBe(true);
    expect(isWithinLimits(times(32_767), [name])).toBe(more);
  });

  it.each(['document', 'metadata', 'uri'] as const)(
    'counts the bytes of a %s where it is included',
    (field) => {
      const records = times(2, { ...record, [field]: large });
      expect(isWithinLimits(records, [`${field}s`])).toBe(false);
      expect(isWithinLimits(records, ['embeddings'])).toBe(true);
    },
  );

  it('counts the floats of vectors where they are included', () => {
    const records = times(2, { ...record, vector: new Float32Array(MAX_ANSWER_BYTES / 20) });
    expect(isWithinLimits(records, ['embeddings'])).toBe(false);
    expect(isWithinLimits(records, ['documents', 'metadatas', 'uris'])).toBe(true);
  });
});
