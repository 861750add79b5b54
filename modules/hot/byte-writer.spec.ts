import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteWriter } from './byte-writer.js';

describe('ByteWriter', () => {
  it('puts texts and bytes one after the other, beyond its first size', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme-ascii', maxLength: 3_000 }),
      fc.uint8Array({ maxLength: 3_000 }),
    );
    fc.assert(
      fc.property(fc.array(part, { size: 'max', maxLength: 20 }), (parts) => {
        const out = new ByteWriter();
        for (const each of parts) {
          if (typeof each === 'string') out.ascii(each);
          else out.bytes(each, 0, each.length);
        }
        const expected = Buffer.concat(parts.map((each) => Buffer.from(each)));
        expect(expected.equals(out.finish())).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('takes the slice it is told to', () => {
    const out = new ByteWriter();
    out.bytes(Buffer.from('abcdef'), 2, 4);
    expect(Buffer.from(out.finish()).toString()).toBe('cd');
  });

  it('hands out memory that holds the bytes and nothing else', () => {
    const out = new ByteWriter();
    out.ascii('abc');
    const bytes = out.finish();
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, 3]);
  });
});
