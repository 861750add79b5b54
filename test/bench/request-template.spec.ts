import { describe, expect, it } from '@jest/globals';
import { DIMENSION, dot } from './dataset.js';
import { queryPool } from './query-pool.js';
import { everFresh, TemplateSource } from './request-template.js';

function bodyOf(source: TemplateSource, number: number): string {
  const buffer = Buffer.alloc(source.maxRequestBytes);
  const [head = '', body = ''] = buffer.toString('latin1', 0, source.write(number, buffer)).split('\r\n\r\n');
  expect(head).toMatch(/^POST \/query HTTP\/1.1\r\n/);
  expect(Number(/content-length: (\d+)/.exec(head)?.[1])).toBe(body.length);
  return body;
}

describe('requests made ahead of time', () => {
  const pool = queryPool(3, 4);
  const templates = pool.map(({ text, slots }) => ({ body: text, slots }));
  const source = new TemplateSource({ path: '/query' }, templates, everFresh(pool.length));

  it('hold vectors that are other ones for every number, and all but the same', () => {
    const numbers = [0, 4, 8, 4_000, 4_000_000, 896_000_000, 999_999_996];
    const vectors = numbers.map((number) =>
      Float32Array.from(JSON.parse(bodyOf(source, number)) as number[]),
    );
    const asked = pool[0]?.vector ?? new Float32Array(0);
    expect(new Set(vectors.map((vector) => vector.slice(0, 3).join())).size).toBe(numbers.length);
    for (const vector of vectors) {
      expect(vector.length).toBe(DIMENSION);
      const away = vector.map((value, index) => value - (asked[index] ?? NaN));
      expect(Math.sqrt(dot(away, away))).toBeLessThan(0.002);
    }
    expect(vectors[0]).toEqual(asked);
  });

  it('take the templates in turns', () => {
    expect(bodyOf(source, 1).slice(20)).not.toBe(bodyOf(source, 2).slice(20));
  });
});
