import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ByteArena, type Placed } from './byte-arena.js';

const contentOf = ({ chunk, start, end }: Placed) => Buffer.from(chunk.subarray(start, end));

describe('ByteArena', () => {
  it('keeps every string whole, whatever comes after', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.nat(5))), (sources) => {
        const arena = new ByteArena();
        const placed = sources.map(([source, skip]) =>
          arena.append(source, Math.min(skip, source.length), source.length),
        );
        placed.forEach((place, at) => {
          const [source, skip] = sources[at] ?? [new Uint8Array(0), 0];
          expect(contentOf(place)).toEqual(Buffer.from(source.subarray(skip)));
        });
      }),
    );
  });

  it('copies, so that the source may change', () => {
    const source = Buffer.from('before');
    const placed = new ByteArena().append(source, 0, source.length);
    source.fill(0);
    expect(contentOf(placed).toString()).toBe('before');
  });

  it('counts the bytes it takes, chunk by chunk', () => {
    const arena = new ByteArena();
    expect(arena.allocatedBytes).toBe(0);
    arena.append(Buffer.from('a'), 0, 1);
    const chunk = arena.allocatedBytes;
    arena.append(new Uint8Array(chunk - 1), 0, chunk - 1);
    expect(arena.allocatedBytes).toBe(chunk);
    arena.append(Buffer.from('b'), 0, 1);
    expect(arena.allocatedBytes).toBe(2 * chunk);
  });

  it('takes a string larger than a chunk', () => {
    const arena = new ByteArena();
    const first = arena.append(Buffer.from('x'), 0, 1);
    const large = Buffer.alloc(arena.allocatedBytes + 1, 7);
    expect(contentOf(arena.append(large, 0, large.length)).equals(large)).toBe(true);
    expect(contentOf(first).toString()).toBe('x');
  });
});
