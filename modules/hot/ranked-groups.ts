import { isScalar, readMetadata, type MetadataValue } from '../vector/metadata-values.js';
import type { Grouping } from '../vector/ranked-search.js';
import type { Operand } from '../vector/where.js';
import type { Placed } from './byte-arena.js';

export interface Scored<T> {
  readonly record: T;
  readonly score: number;
}

/** A value in an order over all values: by type first, then item by item. A scalar is a list of itself. */
interface Ordered {
  readonly type: number;
  readonly items: readonly Operand[];
}

interface Member<T> {
  readonly scored: Scored<T>;
  readonly group: readonly Ordered[];
  readonly order: readonly Ordered[];
}

type CompareNumbers = (left: number, right: number) => number;

const MISSING: Ordered = { type: -1, items: [] };
const TYPE_ORDER = { bool: 0, int: 1, float: 2, string: 3 } as const;
/** Arrays come behind all scalars. */
const ARRAYS_FROM = 5;

/**
 * Keeps of each group of records the least or the greatest, as ChromaDB does
 * (`rust/worker/src/execution/operators/ranked_group_by.rs`): a record that lacks a key counts as having the
 * least value, records that lack all keys of the groups are a group of their own, and `1` is not `1.0`.
 * @param records in the order that decides between equals
 * @returns the records kept, in no certain order; undefined when a value cannot be compared here
 */
export function keepOfGroups<T extends { readonly metadata: Placed | undefined }>(
  records: readonly Scored<T>[],
  { fields, by, keep, count }: Grouping,
): readonly Scored<T>[] | undefined {
  const members: Member<T>[] = [];
  for (const scored of records) {
    const names = by.flatMap((key) => (key.kind === 'field' ? [key.name] : []));
    const values = valuesOf(scored.record.metadata, new Set([...fields, ...names]));
    if (values === undefined) return undefined;
    const valueOf = (name: string) => values.get(name) ?? MISSING;
    const score = orderedScalar({ type: 'float', value: scored.score });
    const order = by.map((key) => (key.kind === 'score' ? score : valueOf(key.name)));
    members.push({ scored, group: fields.map(valueOf), order });
  }
  members.sort((a, b) => compareLists(a.group, b.group));
  const sign = keep === 'least' ? 1 : -1;
  return groupsOf(members).flatMap((group) => {
    group.sort((a, b) => sign * compareLists(a.order, b.order));
    return group.slice(0, count).map(({ scored }) => scored);
  });
}

/** Neighbours in order that are equal. Here, other than in the order, -0 is 0. */
function groupsOf<T>(members: readonly Member<T>[]): Member<T>[][] {
  const groups: Member<T>[][] = [];
  for (const member of members) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (last && compareLists(last.group, member.group, (a, b) => a - b) === 0) group?.push(member);
    else groups.push([member]);
  }
  return groups;
}

/** The values under the names; undefined when one of them cannot be ordered. */
function valuesOf(metadata: Placed | undefined, names: ReadonlySet<string>) {
  const values = new Map<string, Ordered | undefined>();
  if (metadata === undefined) return values;
  readMetadata(metadata.chunk, metadata.start, (key, value) => {
    if (names.has(key)) values.set(key, ordered(value));
  });
  return [...values.values()].includes(undefined) ? undefined : values;
}

/** An empty array has no type, and so no place among the others. */
function ordered(value: MetadataValue): Ordered | undefined {
  if (value === 'opaque') return undefined;
  if (isScalar(value)) return orderedScalar(value);
  const [first] = value;
  const isOfOneType = first && value.every(({ type }) => type === first.type);
  return isOfOneType ? { type: ARRAYS_FROM + TYPE_ORDER[first.type], items: value } : undefined;
}

function orderedScalar(value: Operand): Ordered {
  return { type: TYPE_ORDER[value.type], items: [value] };
}

function compareLists(left: readonly Ordered[], right: readonly Ordered[], compare?: CompareNumbers): number {
  return firstDifference(left, right, (a, b) =>
    a.type === b.type ? compareItems(a.items, b.items, compare) : a.type - b.type,
  );
}

function compareItems(left: readonly Operand[], right: readonly Operand[], compare?: CompareNumbers): number {
  const order = firstDifference(left, right, (a, b) => compareScalars(a, b, compare));
  return order === 0 ? left.length - right.length : order;
}

function firstDifference<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
): number {
  for (const [index, value] of left.entries()) {
    const other = right[index];
    const order = other === undefined ? 0 : compare(value, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Of one type. Texts are ordered by their UTF-8 bytes. */
function compareScalars(left: Operand, right: Operand, compare: CompareNumbers = compareTotally): number {
  if (left.type === 'string' && right.type === 'string')
    return Buffer.compare(Buffer.from(left.value), Buffer.from(right.value));
  return compare(Number(left.value), Number(right.value));
}

/** The order of all numbers, with -0 before 0. */
export function compareTotally(left: number, right: number): number {
  if (left !== right) return left < right ? -1 : 1;
  return Number(Object.is(right, -0)) - Number(Object.is(left, -0));
}
