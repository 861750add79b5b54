import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TextSignatures } from './text-signatures.js';

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'é'), maxLength: 12 });

function signaturesOf(texts: readonly string[]): TextSignatures {
  const signatures = new TextSignatures();
  texts.forEach((each, slot) => {
    const bytes = Buffer.from(each);
    signatures.add(slot, bytes, 0, bytes.length);
  });
  return signatures;
}

describe('TextSignatures', () => {
  it('never rules a text out that holds the wanted one', () => {
    fc.assert(
      fc.property(fc.array(text), text, (texts, wanted) => {
        const candidates = signaturesOf(texts).candidates(texts.length, Buffer.from(wanted));
        const holding = texts.flatMap((each, slot) => (each.includes(wanted) ? [slot] : []));
        expect(holding.filter((slot) => !candidates.has(slot))).toEqual([]);
      }),
    );
  });

  it('rules out most of those that do not, over several pages', () => {
    const texts = Array.from({ length: 5_000 }, (_, slot) => `text ${slot * 7919} of many`);
    const signatures = signaturesOf(texts);
    expect(signatures.candidates(5_000, Buffer.from(`${4_321 * 7919}`)).count()).toBeLessThan(50);
    expect(signatures.candidates(5_000, Buffer.from('of')).count()).toBe(5_000);
    expect(signatures.bytes).toBe(5 * 128 * 1024);
  });

  it('keeps the bits of an earlier text of the slot', () => {
    const signatures = signaturesOf(['first']);
    signatures.add(0, Buffer.from('second'), 0, 6);
    for (const wanted of ['first', 'second']) {
      expect(signatures.candidates(1, Buffer.from(wanted)).toArray()).toEqual([0]);
    }
  });
});
