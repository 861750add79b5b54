import { describe, expect, it } from '@jest/globals';
import { CosineStorage, storedCosine } from './cosine-storage.js';

const NEEDED = 500;
const VECTOR = Float32Array.of(1.6535699367523193, 0.41286811232566833, 0.08904852718114853, 3, 0.5);

function proven(storage: CosineStorage, times: number): boolean {
  for (let time = 0; time < times; time++) {
    storage.expect(String(time), VECTOR);
    storage.check(String(time), storedCosine(VECTOR));
  }
  return storage.isProven;
}

describe('CosineStorage', () => {
  it('is certain after enough vectors that came back as foreseen', () => {
    expect(proven(new CosineStorage(), NEEDED - 1)).toBe(false);
    expect(proven(new CosineStorage(), NEEDED)).toBe(true);
  });

  it('is never certain after one that did not', () => {
    const storage = new CosineStorage();
    storage.expect('other', VECTOR);
    storage.check('other', storedCosine(VECTOR).fill(0));
    expect(proven(storage, NEEDED)).toBe(false);
  });

  it('learns nothing of records that were not expected, nor from one twice', () => {
    const storage = new CosineStorage();
    storage.expect('a', VECTOR);
    for (let time = 0; time < NEEDED; time++) storage.check('a', storedCosine(VECTOR));
    for (let time = 0; time < NEEDED; time++) storage.check('b', VECTOR);
    expect(storage.isProven).toBe(false);
  });

  it('keeps to its bound, and goes on, where expected records are never read back', () => {
    const storage = new CosineStorage();
    for (let time = 0; time < NEEDED; time++) storage.expect(`gone-${time}`, VECTOR);
    expect(proven(storage, NEEDED)).toBe(true);
  });
});
