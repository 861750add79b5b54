import fc from 'fast-check';
import { FAULTS, type Fault } from '../support/faulty-network.js';
import type { Filter, Row, Scalar, Write } from './chroma-rules.js';
import { FIELDS, type Read } from './expected-answers.js';

/** What operators may ask for at any time. */
export const OPERATIONS = ['warm', 'reconcile', 'drop', 'snapshot'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** One thing that somebody does; `place` tells to which of the sequence's collections. */
export type Step =
  | {
      readonly do: 'write';
      readonly place: number;
      readonly write: Write;
      readonly fault?: Fault | undefined;
    }
  /** Past Tidegate, one record; reconciled after it. */
  | { readonly do: 'write around'; readonly place: number; readonly write: Write }
  | {
      readonly do: 'read';
      readonly place: number;
      readonly read: Read;
      readonly forced: boolean;
      /** A second time after its answer, which may have been kept. */
      readonly twice: boolean;
      /** Of the collection that was deleted last in this place. */
      readonly ofDeleted: boolean;
    }
  /** So many changes that a mirror is compacted. */
  | { readonly do: 'wear'; readonly place: number }
  | { readonly do: 'delete and create'; readonly place: number; readonly fault?: Fault | undefined }
  | { readonly do: 'rename'; readonly place: number }
  | { readonly do: 'operate'; readonly place: number; readonly operation: Operation }
  /** Reads until the mirror answers. */
  | { readonly do: 'await mirror'; readonly place: number }
  /** Waits for all that is under way and compares everything. */
  | { readonly do: 'look' }
  | { readonly do: 'kill' };

export const PLACES = 3;
export const DIMENSION = 4;
/** One write in so many fails on its way. */
const WRITES_PER_FAULT = 20;
const IDS = Array.from({ length: 14 }, (_, number) => `r${number}`);
const WORDS = ['tide', 'gate', 'mirror'];

const id = fc.constantFrom(...IDS);
/** Exact in single precision, and so are their sums of products: distances can be compared. */
const vector = fc.array(fc.constantFrom(-1, -0.5, 0, 0.25, 0.5, 1), {
  minLength: DIMENSION,
  maxLength: DIMENSION,
});
const document = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 })
  .map((words) => words.join(' '));
const uri = id.map((name) => `file:///${name}`);
const fieldsOf = (nothing: readonly null[]) =>
  fc.dictionary(
    fc.constantFrom('flag', 'number', 'text', 'other'),
    fc.constantFrom<Scalar | null>(...nothing, 0, 1, 2),
    { minKeys: 1, maxKeys: 3 },
  );
/** Each field has one type: filters over mixed ones are proved elsewhere. */
const typed = (fields: Record<string, Scalar | null>): Record<string, Scalar | null> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (value === null || name === 'number' || name === 'other') return [name, value];
      return [name, name === 'flag' ? value === 1 : `text ${value}`];
    }),
  );
const metadata = fieldsOf([]).map(typed);
const metadataChange = fieldsOf([null, null]).map(typed);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });

const condition: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ field: fc.constant('number'), is: fc.constantFrom('equal', 'above'), value: fc.nat(2) }),
  fc.record({
    field: fc.constant('text'),
    is: fc.constantFrom('equal', 'unequal'),
    value: fc.nat(2).map((number) => `text ${number}`),
  }),
  fc.record({ field: fc.constant('flag'), is: fc.constant('equal'), value: fc.boolean() }),
  fc.record({ word: fc.constantFrom(...WORDS) }),
);
const filter: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 4, arbitrary: condition },
  { weight: 1, arbitrary: fc.record({ both: fc.tuple(condition, condition) }) },
  { weight: 1, arbitrary: fc.record({ either: fc.tuple(condition, condition) }) },
);

const newRow = fc.record({
  id,
  vector,
  document: maybe(document),
  metadata: maybe(metadata),
  uri: maybe(uri),
});
const changedRow = fc.record({
  id,
  vector,
  document: maybe(document),
  metadata: maybe(metadataChange),
  uri: maybe(uri),
});
/**
 * Without vectors: ChromaDB may apply what it logged lately a second time, and give a record the vector of an
 * update that was ignored because the record was added only later. Upserts move vectors.
 */
const updatedRow = fc.record({
  id,
  document: maybe(document),
  metadata: maybe(metadataChange),
  uri: maybe(uri),
});

const rowsOf = (row: fc.Arbitrary<Row>) => fc.array(row, { minLength: 1, maxLength: 5 });
const ids = fc.array(fc.oneof({ weight: 9, arbitrary: id }, fc.constant('unknown')), {
  minLength: 1,
  maxLength: 4,
});

export const writes: fc.Arbitrary<Write> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ call: fc.constant('add'), rows: rowsOf(newRow) }) },
  { weight: 4, arbitrary: fc.record({ call: fc.constant('upsert'), rows: rowsOf(changedRow) }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant('update'), rows: rowsOf(updatedRow) }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant('delete'), ids }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('delete'), ids, where: condition }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('delete'), where: condition }) },
  {
    weight: 1,
    arbitrary: fc.record({
      call: fc.constant('delete'),
      where: condition,
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

/**
 * One record, and no vector of one that is there: ChromaDB itself may show the half of such an upsert to who
 * reads at that moment, and a mirror that does so keeps it until it is reconciled.
 */
const writeAround = fc.oneof(
  fc.record({ call: fc.constant('add'), rows: fc.tuple(newRow) }),
  fc.record({ call: fc.constant('update'), rows: fc.tuple(updatedRow) }),
  fc.record({ call: fc.constant('delete'), ids: fc.tuple(id) }),
) as fc.Arbitrary<Write>;

const include = fc.subarray([...FIELDS]);
const rareRead: fc.Arbitrary<Read> = fc.oneof(
  fc.record({
    kind: fc.constant('get' as const),
    ids: maybe(ids),
    where: maybe(filter),
    limit: maybe(fc.integer({ min: 1, max: 8 })),
    offset: maybe(fc.nat(6)),
    include,
  }),
  fc.record({
    kind: fc.constant('query' as const),
    vector,
    n: fc.integer({ min: 1, max: 6 }),
    where: maybe(filter),
    include,
  }),
);
/** Asked again and again, so that kept answers are asked for. */
export const commonReads = fc.constantFrom<Read>(
  { kind: 'count' },
  { kind: 'get', include: FIELDS },
  { kind: 'get', limit: 4, offset: 2, include: ['documents'] },
  { kind: 'get', where: { field: 'number', is: 'equal', value: 1 }, include: ['metadatas'] },
  { kind: 'query', vector: [0, 0, 0, 0], n: 5, include: FIELDS },
  { kind: 'query', vector: [1, 0, -1, 0.5], n: 3, where: { word: 'tide' }, include: ['documents'] },
);

const place = fc.nat(PLACES - 1);
const rarely = (one: number) => fc.integer({ min: 1, max: one }).map((number) => number === 1);
const fault = fc
  .tuple(rarely(WRITES_PER_FAULT), fc.constantFrom(...FAULTS))
  .map(([fails, how]) => (fails ? how : undefined));
const perhaps = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

/**
 * @param withKills whether Tidegate is killed now and then; else there are writes past it, which one that was
 * killed need not find before it compares everything anew
 */
export function stepArbitrary(withKills: boolean): fc.Arbitrary<Step> {
  const common = [
    perhaps(300, fc.record({ do: fc.constant('write'), place, write: writes, fault })),
    perhaps(
      420,
      fc.record({
        do: fc.constant('read'),
        place,
        read: fc.oneof(rareRead, commonReads),
        forced: rarely(12),
        twice: rarely(3),
        ofDeleted: rarely(20),
      }),
    ),
    perhaps(80, fc.record({ do: fc.constant('await mirror'), place })),
    perhaps(12, fc.record({ do: fc.constant('delete and create'), place, fault })),
    perhaps(6, fc.record({ do: fc.constant('rename'), place })),
    perhaps(3, fc.record({ do: fc.constant('wear'), place })),
    perhaps(20, fc.record({ do: fc.constant('operate'), place, operation: fc.constantFrom(...OPERATIONS) })),
    perhaps(12, fc.constant<Step>({ do: 'look' })),
  ] as { weight: number; arbitrary: fc.Arbitrary<Step> }[];
  const kill = perhaps(6, fc.constant<Step>({ do: 'kill' }));
  const around = perhaps(12, fc.record({ do: fc.constant('write around'), place, write: writeAround }));
  return fc.oneof(...common, withKills ? kill : around);
}
