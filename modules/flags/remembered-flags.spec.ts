import { describe, expect, it } from '@jest/globals';
import { RememberedFlags } from './remembered-flags.js';

describe('RememberedFlags', () => {
  it('keeps flags and callers apart', () => {
    const flags = new RememberedFlags();
    flags.set('mirror-reads', 'a', true);
    flags.set('mirror-reads', 'b', false);
    expect(flags.get('mirror-reads', 'a')).toBe(true);
    expect(flags.get('mirror-reads', 'b')).toBe(false);
    expect(flags.get('mirror-reads', 'c')).toBeUndefined();
    expect(flags.get('answer-cache-reads', 'a')).toBeUndefined();
  });

  it('takes no more callers than its bound', () => {
    const flags = new RememberedFlags();
    for (let caller = 0; caller <= 10_000; caller++) flags.set('mirror-reads', `${caller}`, true);
    expect(flags.get('mirror-reads', '9999')).toBe(true);
    expect(flags.get('mirror-reads', '10000')).toBeUndefined();
  });
});
