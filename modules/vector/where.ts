/** A value in a filter. Whole numbers and floats are told apart by how they were written: `1` and `1.0`. */
export type Operand =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number };

export type Comparison = '$eq' | '$ne' | '$gt' | '$gte' | '$lt' | '$lte';
/** A comparison that holds only where there is a value. */
export type Positive = Exclude<Comparison, '$ne'>;

/** A filter over records, as ChromaDB's `where` and `where_document` express it. */
export type Where =
  | { readonly kind: 'and' | 'or'; readonly children: readonly Where[] }
  | {
      readonly kind: 'comparison';
      readonly key: string;
      readonly operator: Comparison;
      readonly operand: Operand;
    }
  | {
      readonly kind: 'in';
      readonly key: string;
      readonly negated: boolean;
      readonly operands: readonly Operand[];
    }
  | { readonly kind: 'array'; readonly key: string; readonly negated: boolean; readonly operand: Operand }
  | { readonly kind: 'document'; readonly negated: boolean; readonly text: string }
  /** A regular expression over the document; negated, it holds for records without one too. */
  | { readonly kind: 'pattern'; readonly negated: boolean; readonly pattern: string };

/** Which records a search may return: those that match `where`, and those named. */
export interface RecordFilter {
  readonly where: Where | undefined;
  readonly ids: readonly string[] | undefined;
}

/** Numbers from `low` to `high`, both included. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

/**
 * The stored numbers that a comparison holds for (`$ne` aside, which is the rest of `$eq`). As in ChromaDB's
 * SQLite tables, whole numbers and floats lie in columns of their own, and the operand is converted to the
 * type of each, a float by cutting its fraction off. So `$gte 1.5` holds for the whole number 1, and for no
 * float below 1.5.
 */
export function comparedRange(operator: Positive, operand: number, isInt: boolean): NumberRange {
  const bound = isInt ? Math.trunc(operand) : operand;
  switch (operator) {
    case '$eq':
      return { low: bound, high: bound };
    case '$gt':
      return { low: -below(-bound), high: Number.POSITIVE_INFINITY };
    case '$gte':
      return { low: bound, high: Number.POSITIVE_INFINITY };
    case '$lt':
      return { low: Number.NEGATIVE_INFINITY, high: below(bound) };
    case '$lte':
      return { low: Number.NEGATIVE_INFINITY, high: bound };
  }
}

/** The next double below: doubles are ordered as their bits are, away from zero on both sides. */
function below(value: number): number {
  const float = new Float64Array([value]);
  const bits = new BigInt64Array(float.buffer);
  if (value === 0) return -Number.MIN_VALUE;
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? -1n : 1n);
  return float[0] ?? value;
}
