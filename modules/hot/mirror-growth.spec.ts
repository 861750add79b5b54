import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { expectedMirrorBytes, fieldBytesPerRecord } from './mirror-bytes.js';
import { finish } from './finish.js';
import { PLACES_CERTAIN } from './hot-protocol.js';
import { Mirror } from './mirror.store.js';

const DIMENSION = 2;
const SPEC = {
  space: 'l2' as const,
  dimension: DIMENSION,
  maxNeighbors: 4,
  efConstruction: 10,
  efSearch: 10,
  filters: true,
  capacity: 8,
};

const value = fc.oneof(
  fc.integer(),
  fc.string({ maxLength: 30 }),
  fc.boolean(),
  fc.array(fc.string({ maxLength: 9 }), { minLength: 1, maxLength: 3 }),
);
const text = fc.string({ maxLength: 20 }).chain((part) => fc.nat(20_000).map((times) => part.repeat(times)));
const record = fc.record({
  id: fc.nat(40).map(String),
  vector: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  document: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, text),
  metadata: fc.oneof(fc.constant(null), fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value)),
});
const pages = fc.array(fc.uniqueArray(record, { selector: ({ id }) => id, maxLength: 30 }), { maxLength: 8 });

function pageOf(records: readonly (typeof record extends fc.Arbitrary<infer R> ? R : never)[]): Buffer {
  const ids = records.map(({ id }) => id);
  const embeddings = records.map(({ vector }) => vector);
  const documents = records.map(({ document }) => document);
  const metadatas = records.map(({ metadata }) => metadata);
  return Buffer.from(JSON.stringify({ ids, embeddings, documents, metadatas, uris: null }));
}

function apply(mirror: Mirror, asked: readonly string[], page: Buffer): number {
  let told = -1;
  finish(
    mirror.apply(asked, [page], PLACES_CERTAIN, (growthBytes) => {
      told = growthBytes;
    }),
  );
  return told;
}

describe('Mirror, growing', () => {
  it('never takes more than it tells before', () => {
    fc.assert(
      fc.property(pages, fc.array(fc.nat(40).map(String)), (list, asked) => {
        const mirror = new Mirror(SPEC);
        for (const records of list) {
          const before = mirror.usage().bytes;
          const told = apply(mirror, asked, pageOf(records));
          for (let n = 0; n < 20; n++) mirror.buildNext();
          expect(mirror.usage().bytes - before).toBeLessThanOrEqual(told);
        }
      }),
    );
  });

  it('tells exactly what new records without repeated texts take, past the first capacity too', () => {
    const mirror = new Mirror(SPEC);
    for (let start = 0; start < 4_000; start += 500) {
      const records = Array.from({ length: 500 }, (_, row) => ({
        id: String(start + row),
        vector: [start, row] as [number, number],
        document: `document ${start + row}`,
        metadata: { number: row, text: `text ${start + row}` },
      }));
      const before = mirror.usage().bytes;
      const told = apply(mirror, [], pageOf(records));
      expect(mirror.usage().bytes - before).toBe(told);
    }
    expect(mirror.usage().fieldBytes).toBeLessThan(mirror.usage().bytes);
  });

  it('is expected to hold no less than it will, and little more, by its first page', () => {
    const [count, pageRecords] = [6_000, 500];
    const spec = { ...SPEC, capacity: count };
    const mirror = new Mirror(spec);
    let expected = 0;
    for (let start = 0; start < count; start += pageRecords) {
      const records = Array.from({ length: pageRecords }, (_, row) => ({
        id: `record ${start + row}`,
        vector: [start, row] as [number, number],
        document: `document ${start + row} `.repeat(30),
        metadata: { number: row, text: `text ${start + row}`, b: true },
      }));
      apply(mirror, [], pageOf(records));
      if (start === 0) expected = expectedMirrorBytes(spec, count, fieldBytesPerRecord(mirror.usage()));
    }
    expect(expected).toBeGreaterThan(mirror.usage().bytes);
    expect(expected).toBeLessThan(1.3 * mirror.usage().bytes);
  });

  it('never takes more than it tells before, also where a compaction could end meanwhile', () => {
    const count = 1_500;
    const mirror = new Mirror({ ...SPEC, capacity: count });
    const recordOf = (n: number) => ({
      id: String(n),
      vector: [n, 0] as [number, number],
      document: null,
      metadata: null,
    });
    apply(mirror, [], pageOf(Array.from({ length: count - 1 }, (_, n) => recordOf(n))));
    const before = mirror.usage().bytes;
    const compaction = mirror.compact();
    let told: number | undefined;
    const last = [recordOf(0), recordOf(count)];
    const applying = mirror.apply([], [pageOf(last)], PLACES_CERTAIN, (growthBytes) => {
      told = growthBytes;
    });
    while (told === undefined) applying.next();
    for (let step = 0; step < 2 * count; step++) compaction.next();
    finish(applying);
    expect(mirror.usage().bytes - before).toBeLessThanOrEqual(told);
    finish(compaction);
    expect(mirror.usage().records).toBe(count);
  });

  it('changes nothing when it is prevented', () => {
    const mirror = new Mirror(SPEC);
    apply(mirror, [], pageOf([{ id: '1', vector: [1, 0], document: null, metadata: null }]));
    const before = mirror.usage();
    const refusal = () => {
      throw new Error('too much');
    };
    const page = pageOf([{ id: '2', vector: [0, 1], document: null, metadata: null }]);
    expect(() => {
      finish(mirror.apply(['1', '2'], [page], PLACES_CERTAIN, refusal));
    }).toThrow('too much');
    expect(mirror.usage()).toEqual(before);
  });
});
