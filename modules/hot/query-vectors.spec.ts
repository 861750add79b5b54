import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { finish } from './finish.js';
import { readQueryVectors } from './query-vectors.js';

/** The double between two neighbouring float32: the tie that decides how a number is rounded. */
const betweenFloats = fc
  .tuple(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-5), max: 1e6 }), fc.boolean())
  .map(([value, negative]) => {
    const float = Float32Array.of(value);
    const bits = new Uint32Array(float.buffer);
    bits[0] = (bits[0] ?? 0) + 1;
    const between = (value + (float[0] ?? 0)) / 2;
    return negative ? -between : between;
  });

const read = (json: string, count: number, dimension: number) =>
  finish(readQueryVectors(Buffer.from(json), count, dimension));

function expectFloatsOf(values: readonly number[]): void {
  const text = JSON.stringify(values);
  const parsed = JSON.parse(text) as number[];
  expect(read(`[${text}]`, 1, values.length)).toEqual([Float32Array.from(parsed)]);
}

describe('readQueryVectors', () => {
  it('reads each vector', () => {
    const vectors = [Float32Array.of(1, 2), Float32Array.of(-3, 0.5)];
    expect(read(' [[1,2] , [ -3 ,5e-1 ]]', 2, 2)).toEqual(vectors);
  });

  it('pauses after each', () => {
    const work = readQueryVectors(Buffer.from('[[1],[2],[3]]'), 3, 1);
    let pauses = 0;
    while (!work.next().done) pauses++;
    expect(pauses).toBe(3);
  });

  it.each([
    ['[[]]', 1],
    ['[[],[]]', 2],
    ['[[1],[]]', 2],
    ['[[],[1]]', 2],
    ['[[1],[2,3],[4]]', 3],
    ['[[1]]', 1],
    ['[[1,2,3]]', 1],
    ['[[1,2],[3]]', 2],
    ['[[1,2],[3,4,5],[6]]', 3],
  ])('leaves %s to ChromaDB, which has another dimension than two', (json, count) => {
    expect(read(json, count, 2)).toBe('dimension');
  });

  it.each(['[["1",2]]', '[[null,2]]', '[[true,2]]', '[[1,2]', '[[1,2]]]', '[[1,2],]', '[1,2]', '{}', ''])(
    'leaves %j to ChromaDB, which is no list of vectors',
    (json) => {
      expect(read(json, 1, 2)).toBe('opaque');
    },
  );

  it('leaves to ChromaDB what was counted in another way', () => {
    expect(read('[[1,2],[3,4]]', 1, 2)).toBe('opaque');
    expect(read('[[1,2]]', 2, 2)).toBe('opaque');
  });

  it.each(['1e39', '-1e39', '1e400', '3.5e38'])('leaves %s, which is no finite float32', (number) => {
    expect(read(`[[0,${number}]]`, 1, 2)).toBe('opaque');
  });

  it('keeps what rounds to a finite float32', () => {
    expect(read('[[1e38,1e-46,-0]]', 1, 3)).toEqual([Float32Array.of(1e38, 0, -0)]);
  });

  it('agrees with JSON.parse on every float', () => {
    const number = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, min: -3e38, max: 3e38 }),
      fc.integer(),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1 }), (values) => {
        expectFloatsOf(values);
      }),
      { numRuns: 1_000 },
    );
  });

  it('agrees with JSON.parse on numbers halfway between two float32', () => {
    fc.assert(
      fc.property(fc.array(betweenFloats, { minLength: 1 }), (values) => {
        expectFloatsOf(values);
      }),
    );
  });
});
